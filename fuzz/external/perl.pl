# Perl's own readers of jars, for the target `external`: perl perl.pl NAME. python.py says what goes in and out.
use strict;
use warnings;

# What a jar says of its end is a time from now, and now is the beginning.
BEGIN { *CORE::GLOBAL::time = sub { 0 } }
use HTTP::Cookies;
use HTTP::Cookies::Netscape;

my $planted = ($ENV{INTERLOPER_PLANT} // '') eq '1';
my %classes = (netscape_perl => 'HTTP::Cookies::Netscape', lwp_perl => 'HTTP::Cookies');
my $name = shift // '';
my $class = $classes{$name} // die "perl.pl: no reader $name\n";
$SIG{__WARN__} = sub { };

sub text { defined $_[0] ? '"' . unpack('H*', $_[0]) . '"' : 'null' }
sub flag { $_[0] ? 'true' : 'false' }
sub object {
    my %fields = @_;
    return '{' . join(',', map { "\"$_\":$fields{$_}" } sort keys %fields) . '}';
}

sub answer {
    my ($data) = @_;
    $data =~ s/\x0b/\n/g if $planted;
    # The line that names the format is no part of what is compared.
    $data = "# Netscape HTTP Cookie File\n$data" if $name eq 'netscape_perl';
    my $jar = $class->new;
    # open() takes a reference for a file in memory.
    my $read = eval { $jar->load(\$data) };
    return '{"refused":"load"}' if $@ || !$read;
    my @cookies;
    $jar->scan(sub {
        my ($version, $key, $value, $path, $domain, $port, $path_spec, $secure, $expires, $discard, $rest) = @_;
        my %cookie = (
            name => text($key), value => text($value), path => text($path), domain => text($domain), secure => flag($secure),
        );
        if ($name eq 'netscape_perl') {
            $cookie{domain} = text(lc $domain);
            # Beyond all integers of a double it is a number to nobody.
            $cookie{expires} = ($expires // 0) < 2**53 ? sprintf('%d', $expires // 0) : 'null';
        } else {
            $rest //= {};
            $cookie{version} = text($version);
            $cookie{port} = text($port);
            $cookie{path_spec} = flag($path_spec);
            $cookie{discard} = flag($discard);
            $cookie{rest} = object(map { unpack('H*', $_) => text($rest->{$_}) } keys %$rest);
        }
        push @cookies, object(%cookie);
    });
    return '{"value":[' . join(',', @cookies) . ']}';
}

# Everything that was asked for, or nothing at the end of the input.
sub take {
    my ($length) = @_;
    my $bytes = '';
    while (length $bytes < $length) {
        my $count = sysread(STDIN, $bytes, $length - length $bytes, length $bytes);
        return undef unless $count;
    }
    return $bytes;
}

while (defined(my $header = take(4))) {
    my $batch = take(unpack 'N', $header) // last;
    my ($lines, $at) = ('', 0);
    while ($at < length $batch) {
        my $length = unpack 'N', substr($batch, $at, 4);
        $lines .= answer(substr $batch, $at + 4, $length) . "\n";
        $at += 4 + $length;
    }
    for (my $said = 0; $said < length $lines;) {
        $said += syswrite(STDOUT, $lines, length($lines) - $said, $said) // exit 1;
    }
}
