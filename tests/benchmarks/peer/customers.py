"""Makes so many customers with one password and two addresses each; prints (number, session cookie) of each."""

import json
import sys

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402


def make(password: str, number: int) -> tuple[int, str]:
    """A customer who is logged in."""
    user = User.objects.create(username=f"c{number}", email=f"first{number}@example.com", password=password)
    for name in ("first", "second"):
        address = f"{name}{number}@example.com"
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=name == "first")
    client = Client()
    client.force_login(user)
    return number, client.cookies["sessionid"].value


if __name__ == "__main__":
    count, typed = int(sys.argv[1]), sys.argv[2]
    start, hashed = User.objects.count(), make_password(typed)
    print(json.dumps([make(hashed, number) for number in range(start, start + count)]))
