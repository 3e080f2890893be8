#!/bin/sh
# Creates missing secrets in the folder of this script: db_root_password, db_user, db_password, and
# db_query_password for the SQL page. Never overwrites one, so it is safe to run again.
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)

# random LENGTH: only letters, digits, _ and -, because the MySQL image inserts secrets into SQL
# unescaped. Of 1024 random bytes about 256 are among these 64 characters.
random() {
    head -c 1024 /dev/urandom | tr -dc 'A-Za-z0-9_-' | cut -c "1-$1"
}

# secret NAME VALUE
secret() {
    file=$here/$1
    # Docker creates an empty folder if a container is started without the file.
    [ ! -d "$file" ] || rmdir "$file"
    if [ -e "$file" ]; then
        case $(cat "$file") in
        "" | *[!A-Za-z0-9_-]*)
            echo "secrets/$1 is empty or contains characters other than letters, digits, _ and -: fix or delete it" >&2
            exit 1 ;;
        esac
        echo "kept  secrets/$1"
    else
        # Renamed when it is complete, so that nobody reads an incomplete file.
        draft=$here/.$1.$$
        printf %s "$2" >"$draft"
        mv "$draft" "$file"
        echo "made  secrets/$1"
    fi
    chmod 444 "$file"
}

# The folder is closed to other users of this machine. The files are readable by all, because the
# containers see only the files and do not run as their owner.
chmod 700 "$here"
secret db_root_password "$(random 32)"
secret db_user "translation_$(random 6)"
secret db_password "$(random 32)"
secret db_query_password "$(random 32)"
