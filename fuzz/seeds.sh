# The folders below fuzz/ of a target's seeds, as interloper_oracles::TARGETS has them; a test compares the two.
seeds() {
  local names=$1
  case $1 in
    php) names="php php_serialize php_binary" ;;
    json_jars) names="cookie_store tough_cookie" ;;
    signed) names="itsdangerous django itsdangerous_untimed django_untimed" ;;
    msgpack) names="msgpack tower" ;;
  esac
  for name in $names; do echo "seeds/$name"; done
}
