"""A real SMTP server that keeps what it is sent: prints `port N`, then writes each mail as a JSON line to --out (or stdout).

    {"from": "onus@example.com", "to": ["oncall@example.com"], "data": "Subject: …\\r\\n…", "tls": false, "user": ""}

It misbehaves by the recipient's name, so that one server serves every test: refuse@ 550, later@ 451, hang@ no answer.
--tls CERT KEY offers STARTTLS, --login USER PASSWORD demands them, --show-logins writes a line for each that is tried. Ends
with SIGTERM.
"""

import argparse
import asyncio
import json
import signal
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Keeper:
    def __init__(self, out):
        self._out = out

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name == "refuse":
            return "550 5.1.1 no such mailbox"
        if name == "later":
            return "451 4.3.0 try again later"
        if name == "hang":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        record = {
            "from": envelope.mail_from, "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8"),
            "tls": session.ssl is not None, "user": getattr(session.auth_data, "login", b"").decode(),
        }
        print(json.dumps(record), file=self._out, flush=True)
        return "250 2.0.0 kept"


def make_protocol(options, out):
    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*options.tls)

    def check(server, session, envelope, mechanism, auth_data):
        if options.show_logins:
            print(json.dumps({"login": mechanism, "tls": session.ssl is not None}), file=out, flush=True)
        good = isinstance(auth_data, LoginPassword) and [auth_data.login, auth_data.password] == [
            word.encode() for word in options.login
        ]
        return AuthResult(success=good, handled=False, auth_data=auth_data if good else None)

    login = {}
    if options.login:
        login = {"authenticator": check, "auth_required": True, "auth_require_tls": context is not None}
    return lambda: SMTP(Keeper(out), enable_SMTPUTF8=True, tls_context=context, **login)


async def serve(options):
    out = open(options.out, "a", encoding="utf-8") if options.out else sys.stdout
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make_protocol(options, out), "127.0.0.1", options.port)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--out", help="file for the mails; stdout by default")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--login", nargs=2, metavar=("USER", "PASSWORD"))
    parser.add_argument("--show-logins", action="store_true")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
