"""Page with two buttons: a vote goes on a Redis list, the voter is known by a cookie."""

import json
import os
import secrets
import socket

from flask import Flask, make_response, render_template, request
from redis import Redis, RedisError

OPTIONS = {"a": os.environ.get("OPTION_A", "Cats"), "b": os.environ.get("OPTION_B", "Dogs")}
COOKIE = "voter_id"

app = Flask(__name__)
redis = Redis(
    host=os.environ.get("REDIS_HOST", "redis"),
    port=int(os.environ.get("REDIS_PORT", "6379")),
    socket_connect_timeout=3,
    socket_timeout=5,
)


@app.route("/", methods=["GET", "POST"])
def index():
    voter = request.cookies.get(COOKIE) or secrets.token_hex(8)
    vote, error, status = None, None, 200
    if request.method == "POST":
        vote = request.form.get("vote")
        if vote not in OPTIONS:
            vote, error, status = None, "There is no such choice.", 400
        else:
            try:
                redis.rpush("votes", json.dumps({"voter": voter, "vote": vote}))
                app.logger.info("voter %s chose %s", voter, vote)
            except RedisError as failure:
                app.logger.error("redis: %s", failure)
                vote, error, status = None, "The vote could not be taken. Please try again.", 503
    page = render_template(
        "index.html", options=OPTIONS, vote=vote, error=error, hostname=socket.gethostname()
    )
    response = make_response(page, status)
    response.set_cookie(COOKIE, voter, max_age=365 * 24 * 3600, httponly=True, samesite="Lax")
    return response


@app.route("/healthz")
def healthz():
    return {"status": "ok"}


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8080")))
