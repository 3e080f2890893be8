#!/bin/sh
# Leaves the app's account the rights that the app needs: it reads and writes rows and brings its
# table up to date. The MySQL image grants it everything on the schema, and runs this file once, on
# an empty volume, after dump.sql. Safe to run again, on a volume of the original app for example.
#
# The image sources a file that is not executable, hence the parentheses; it has then replaced each
# MYSQL_…_FILE by what is in the file. No secret is in an argument, where `ps` would show it.
(
    set -eu
    root_password=${MYSQL_ROOT_PASSWORD:-$(cat "$MYSQL_ROOT_PASSWORD_FILE")}
    user=${MYSQL_USER:-$(cat "$MYSQL_USER_FILE")}
    MYSQL_PWD=$root_password mysql -uroot <<SQL
revoke all privileges, grant option from '$user'@'%';
grant select, insert, update, delete, create, alter, index on translation.* to '$user'@'%';
SQL
)
