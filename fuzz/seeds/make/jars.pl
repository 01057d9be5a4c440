# Writes the seeds that libwww-perl makes: perl jars.pl DIRECTORY (the folder `fuzz/seeds`). Needs HTTP::Cookies.
use strict;
use warnings;
use HTTP::Cookies;
use HTTP::Cookies::Netscape;

my $seeds = shift // die "perl jars.pl DIRECTORY\n";
for (['lwp', 'HTTP::Cookies'], ['netscape', 'HTTP::Cookies::Netscape']) {
    my ($folder, $class) = @$_;
    my $jar = $class->new(ignore_discard => 1);
    # version, name, value, path, domain, port, path_spec, secure, maxage, discard, rest
    my $age = 2_750_000_000 - time;
    $jar->set_cookie(0, 'plain', 'one', '/', 'www.example.org', undef, 0, 0, $age, 0);
    $jar->set_cookie(0, 'host', 'two', '/', '.example.net', undef, 0, 1, $age, 0);
    $jar->set_cookie(1, 'quoted', '"a\\b;c"', '/a/b', '127.0.0.1', '80,8080', 1, 0, $age, 0, { Comment => 'why not' });
    $jar->set_cookie(0, 'a"b', 'x-y.z', '/', 'www.example.org', undef, 0, 0, undef, 1);
    $jar->save("$seeds/$folder/perl");
    $class->new->save("$seeds/$folder/perl-empty");
}
