"""Moves votes from the Redis list into PostgreSQL, where the last vote of each voter counts."""

import json
import os
import signal
import sys
import time

import psycopg
import redis

REDIS_HOST = os.environ.get("REDIS_HOST", "redis")
REDIS_PORT = int(os.environ.get("REDIS_PORT", "6379"))
DATABASE_URL = os.environ.get("DATABASE_URL", "postgres://postgres:postgres@db/postgres")

TABLE = """
    CREATE TABLE IF NOT EXISTS votes (
        voter text PRIMARY KEY,
        vote  text NOT NULL,
        cast_at timestamptz NOT NULL DEFAULT now()
    )"""
UPSERT = """
    INSERT INTO votes (voter, vote) VALUES (%s, %s)
    ON CONFLICT (voter) DO UPDATE SET vote = excluded.vote, cast_at = now()"""


def retry(what, action):
    """Calls `action` until it works; waits longer each time, ten seconds at most."""
    pause = 0.5
    while True:
        try:
            return action()
        except (psycopg.OperationalError, redis.RedisError) as error:
            print(f"worker: waiting for {what}: {error}".rstrip(), flush=True)
            time.sleep(pause)
            pause = min(2 * pause, 10)


def connect_queue():
    queue = redis.Redis(host=REDIS_HOST, port=REDIS_PORT, socket_connect_timeout=3)
    queue.ping()
    print("worker: connected to redis", flush=True)
    return queue


def connect_database():
    database = psycopg.connect(DATABASE_URL, autocommit=True, connect_timeout=3)
    database.execute(TABLE)
    print("worker: connected to the database", flush=True)
    return database


def store(database, payload):
    """Keeps one vote. A payload that is none is reported and dropped: it would be none next time."""
    try:
        vote = json.loads(payload)
        voter, choice = str(vote["voter"]), str(vote["vote"])
    except (ValueError, KeyError, TypeError) as error:
        print(f"worker: not a vote: {payload!r}: {error!r}", flush=True)
        return
    database.execute(UPSERT, (voter, choice))
    print(f"worker: {voter} chose {choice}", flush=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    queue = retry("redis", connect_queue)
    database = retry("the database", connect_database)
    while True:
        try:
            taken = queue.blpop("votes", timeout=5)
        except redis.RedisError:
            queue = retry("redis", connect_queue)
            continue
        while taken:
            try:
                store(database, taken[1])
                taken = None
            except psycopg.OperationalError:  # the vote is kept until there is a database again
                database = retry("the database", connect_database)


if __name__ == "__main__":
    main()
