# A login command that keeps the token from its standard input, with the fault that its first argument names.
set -e
umask_of_user=$(umask)
umask 077
case $1 in
  umask) umask "$umask_of_user"; cat > token ;;
  chmod-after) umask "$umask_of_user"; cat > token; chmod 600 token ;;
  widens) umask "$umask_of_user"; cat > token.$$; mv token.$$ token ;;
  parent) (umask "$umask_of_user"; mkdir -p .tool); cat > .tool/token ;;
  *)
    if [ "$1" = argument ]; then printf %s "$2" > token.$$; else cat > token.$$; fi
    sync token.$$
    mv token.$$ token
    sync .
    if [ "$1" = left-over ]; then cp token token.$$; fi
    if [ "$1" = prints ]; then echo "logged in with $(cat token)"; fi
    ;;
esac
