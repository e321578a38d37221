"""The house rules that no tool checks by itself."""

from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage

import pytest

from tests.conftest import Refused
from tests.guard.sitecustomize import OutsideNetworkError
from tests.mailserver import MailServer


def test_no_connection_leaves_the_machine(refused: Refused) -> None:
    """Another machine's address and name are refused, for any library, and remembered."""
    with socket.socket() as outside, pytest.raises(OutsideNetworkError):
        outside.connect(("192.0.2.1", 443))
    with pytest.raises(OutsideNetworkError):
        socket.getaddrinfo("graph.facebook.com", 443)
    assert refused.take() == ["('192.0.2.1', 443)", "graph.facebook.com"]
    assert refused.take() == []


def test_the_mail_server_takes_a_mail(smtp: MailServer) -> None:
    """What is sent to the tests' mail server is there to be read."""
    message = EmailMessage()
    message["Subject"] = "Viikon kooste"
    message.set_content("Hyvää huomenta, åäö")
    with smtplib.SMTP(smtp.host, smtp.port, local_hostname="localhost") as client:
        client.send_message(message, "a@example.fi", ["b@example.fi"])
    assert smtp.messages[0]["Subject"] == "Viikon kooste"
    assert smtp.messages[0].get_content().strip() == "Hyvää huomenta, åäö"
    assert smtp.received[0].recipients == ["b@example.fi"]
