"""The SMTP sink as a test sees it: starts tests/servers/smtp_sink.py, waits for mails, reads their parts."""

import email
import email.policy
import json
import os
import subprocess
import sys

from servers.client import eventually

HERE = os.path.dirname(os.path.abspath(__file__))


class Mail:
    def __init__(self, record):
        self.sender = record["from"]
        self.recipients = record["to"]
        self.message = email.message_from_string(record["data"], policy=email.policy.default)

    @property
    def subject(self):
        return str(self.message["Subject"])

    @property
    def plain(self):
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self):
        return self.message.get_body(("html",)).get_content()


class MailServer:
    def __init__(self, directory):
        self.path = os.path.join(str(directory), "mails.jsonl")
        self._skip = 0
        self._process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "smtp_sink.py"), "--out", self.path], stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._process.stdout.readline().split()[-1])

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def _records(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as file:
            return [line for line in file if line.endswith("\n")]

    def forget(self):
        self._skip = len(self._records())

    def mails(self, recipient=None):
        found = [Mail(json.loads(line)) for line in self._records()[self._skip:]]
        return [mail for mail in found if recipient is None or recipient in mail.recipients]

    def wait(self, recipient, count=1, timeout=15):
        return eventually(
            lambda: (lambda mails: mails if len(mails) >= count else None)(self.mails(recipient)),
            timeout, what=f"{count} mails to {recipient}",
        )

    def close(self):
        self._process.terminate()
        self._process.wait(10)
