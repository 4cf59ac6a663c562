# Completion of onus for bash.
_onus() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local commands='serve check route coverage test diff report oncall send handoff token migrate version help' words=
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
        return
    fi
    case $previous in
        --group-by | -g)
            mapfile -t COMPREPLY < <(compgen -W 'file row team' -- "$current")
            return ;;
        --config | --chart | --token-file | --source-token-file | --html | --junit | --rules | -c | -f | -t | -J)
            if [ "$command" = check ]; then
                mapfile -t COMPREPLY < <(compgen -W 'text json sarif github gitlab' -- "$current")
                return
            fi
            [ "$command $previous" != 'oncall -t' ] || return
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
        --state | -s)
            if [ "$command" = handoff ]; then
                mapfile -t COMPREPLY < <(compgen -W 'declared validated accepted superseded rejected handed-back' -- "$current")
                return
            fi
            [[ $command == coverage || $command == check ]] || return ;;
        -u)
            [[ $command == coverage || $command == check ]] || return ;;
        --local | -l)
            [ "$command" != coverage ] || return
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return ;;
        --format)
            mapfile -t COMPREPLY < <(compgen -W 'text json sarif github gitlab' -- "$current")
            return ;;
        --explain | -e)
            [ "$command" = check ] || return
            mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" check --rules 2>/dev/null | awk 'NR > 1 {print $1}')" -- "$current")
            return ;;
        --role | -r)
            if [ "$command" = token ]; then
                mapfile -t COMPREPLY < <(compgen -W 'viewer responder admin' -- "$current")
                return
            fi ;;
        --label | --keyword | -k | --since | --night | --time-zone | -z | --show) return ;;
        -L)
            [ "$command" = test ] || return ;;
        --at | -a | --team | --days | -d | --url | --source | --name | -n | --expires)
            [ "$command" = send ] && [ "$previous" = -n ] || return ;;
    esac
    case $command in
        serve) words='--config --local' ;;
        check) words='--format --json --strict --rules --explain --since --config --local' ;;
        route) words='--chart --at --json' ;;
        coverage) words='--chart --label --group-by --unowned --strict --html --json' ;;
        test) words='--chart --junit --keyword --list --verbose --json' ;;
        diff) words='--rules --since --config --local --label --night --time-zone --show --markdown --json --exit-code' ;;
        report) words='--since --config --local --chart --url --token-file --time-zone --markdown --json' ;;
        oncall) words='--chart --config --at --team --days --json' ;;
        send) words='drift retraining gpu --url --resolve --token-file --config --source --source-token-file --dry-run --json' ;;
        handoff)
            case ${COMP_WORDS[2]} in
                validate) words='--previous --max-age --print --json' ;;
                declare) words='--url --token-file --by --draft --json' ;;
                list) words='--model --state --url --token-file --json' ;;
                show) words='--url --token-file --json' ;;
                accept | reject | hand-back | revalidate) words='--reason --by --url --token-file --json' ;;
                *) words='validate declare list show accept reject hand-back revalidate' ;;
            esac ;;
        token) words='add list revoke --name --role --expires --config --local --json' ;;
        migrate) words='--config --local' ;;
        version) words='--json' ;;
        help) words=$commands ;;
    esac
    [ "$command" = help ] || words+=' --help'
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ $command =~ ^(check|coverage|test|diff)$ || ${COMP_WORDS[2]} =~ ^(validate|declare)$ ]] && [[ $current != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -o bashdefault -F _onus onus
