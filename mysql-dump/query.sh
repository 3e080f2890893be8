#!/bin/sh
# Makes the account of the SQL page, which may read the one table and nothing else. Without its
# password (DB_QUERY_PASSWORD_FILE, or the secret db_query_password) nothing is done, and the page
# is off. The MySQL image runs this file once, on an empty volume, after grants.sh. Safe to run
# again: on a volume that is older than the account, and after another password.
#
# The image sources a file that is not executable, hence the parentheses. No secret is in an
# argument, where `ps` would show it.
(
    set -eu
    file=${DB_QUERY_PASSWORD_FILE:-/run/secrets/db_query_password}
    if [ ! -f "$file" ] || [ ! -s "$file" ]; then
        echo "query.sh: $file is not there or empty: no account for the SQL page" >&2
        exit 0
    fi
    root_password=${MYSQL_ROOT_PASSWORD:-$(cat "$MYSQL_ROOT_PASSWORD_FILE")}
    user=${DB_QUERY_USER:-translation_query}
    # Quoted for SQL: unlike the image's own secrets, this one may hold any character.
    password=$(sed "s/[\\\\']/\\\\&/g" "$file")
    # Two statements run at the same time, and each may be killed from a second connection.
    MYSQL_PWD=$root_password mysql -uroot <<SQL
create user if not exists '$user'@'%' identified by '$password';
alter user '$user'@'%' identified by '$password' with max_user_connections 10;
revoke all privileges, grant option from '$user'@'%';
grant select on translation.translations to '$user'@'%';
SQL
)
