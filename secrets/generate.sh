#!/bin/sh
# Makes the secrets that are missing beside this script: db_root_password, db_user,
# db_password, and db_query_password for the SQL page.
# Never overwrites one; safe to run again.
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)

# random LENGTH: of letters, digits, _ and - only, because the MySQL image pastes secrets into SQL
# as they are. Of 1024 random bytes about 256 are among these 64 characters.
random() {
    head -c 1024 /dev/urandom | tr -dc 'A-Za-z0-9_-' | cut -c "1-$1"
}

# secret NAME VALUE
secret() {
    file=$here/$1
    # Docker makes an empty folder where a container was started without the file.
    [ ! -d "$file" ] || rmdir "$file"
    if [ -e "$file" ]; then
        case $(cat "$file") in
        "" | *[!A-Za-z0-9_-]*)
            echo "secrets/$1 is empty or holds more than letters, digits, _ and -: fix or delete it" >&2
            exit 1 ;;
        esac
        echo "kept  secrets/$1"
    else
        # Written beside and renamed: whoever finds the file finds it complete.
        draft=$here/.$1.$$
        printf %s "$2" >"$draft"
        mv "$draft" "$file"
        echo "made  secrets/$1"
    fi
    chmod 444 "$file"
}

# The folder keeps other users of this machine out. The files themselves are readable by all,
# because the containers, which see only the files, do not run as their owner.
chmod 700 "$here"
secret db_root_password "$(random 32)"
secret db_user "translation_$(random 6)"
secret db_password "$(random 32)"
secret db_query_password "$(random 32)"
