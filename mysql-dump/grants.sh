#!/bin/sh
# Reduces the rights of the app's account to those that it needs: reading and writing rows, and
# migrating its table. The MySQL image grants it everything on the schema and runs this file once, on
# an empty volume, after dump.sql. Safe to run again, for example on a volume of the original app.
#
# The image sources files that are not executable, hence the parentheses, and has then replaced each
# MYSQL_…_FILE by the content of the file. No secret is in an argument, where `ps` would show it.
(
    set -eu
    root_password=${MYSQL_ROOT_PASSWORD:-$(cat "$MYSQL_ROOT_PASSWORD_FILE")}
    user=${MYSQL_USER:-$(cat "$MYSQL_USER_FILE")}
    MYSQL_PWD=$root_password mysql -uroot <<SQL
revoke all privileges, grant option from '$user'@'%';
grant select, insert, update, delete, create, alter, index on translation.* to '$user'@'%';
SQL
)
