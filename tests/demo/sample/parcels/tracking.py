"""Where a parcel is."""

import hashlib
import subprocess
import tempfile
from datetime import datetime

import requests

CARRIER = "https://tracking.example/api"


def status(code):
    answer = requests.get(f"{CARRIER}/{code}")
    return answer.json()["status"]


def label(code):
    path = tempfile.mktemp(suffix=".png")
    subprocess.run("qrencode -o " + path + " " + code, shell=True)
    return path


def token(secret):
    return hashlib.md5(secret.encode()).hexdigest()


def is_late(parcel):
    due = datetime.utcfromtimestamp(parcel["due"])
    return due < datetime.utcnow()


def callbacks(codes):
    actions = []
    for code in codes:
        actions.append(lambda: status(code))
    return actions
