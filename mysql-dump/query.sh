#!/bin/sh
# Creates the account of the SQL page, which may only read the table. Does nothing without its
# password (DB_QUERY_PASSWORD_FILE, or the secret db_query_password); then the page is off. The MySQL
# image runs this file once, on an empty volume, after grants.sh. Safe to run again, on an older
# volume or after a change of the password.
#
# The image sources files that are not executable, hence the parentheses. No secret is in an
# argument, where `ps` would show it.
(
    set -eu
    file=${DB_QUERY_PASSWORD_FILE:-/run/secrets/db_query_password}
    if [ ! -f "$file" ] || [ ! -s "$file" ]; then
        echo "query.sh: $file is missing or empty: no account for the SQL page" >&2
        exit 0
    fi
    root_password=${MYSQL_ROOT_PASSWORD:-$(cat "$MYSQL_ROOT_PASSWORD_FILE")}
    user=${DB_QUERY_USER:-translation_query}
    # Escaped for SQL: unlike the image's own secrets, it may contain any character.
    password=$(sed "s/[\\\\']/\\\\&/g" "$file")
    # Two statements run at a time, each of which may be killed from a second connection.
    MYSQL_PWD=$root_password mysql -uroot <<SQL
create user if not exists '$user'@'%' identified by '$password';
alter user '$user'@'%' identified by '$password' with max_user_connections 10;
revoke all privileges, grant option from '$user'@'%';
grant select on translation.translations to '$user'@'%';
SQL
)
