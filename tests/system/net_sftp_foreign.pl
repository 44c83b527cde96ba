# Does one thing with Net::SFTP::Foreign: SSH USER PORT ACTION ARGUMENT...
# Ends with 1 and the reason when it failed. Names are bytes here, as the gateway gives them.
use strict;
use warnings;
use Net::SFTP::Foreign;

my ($ssh, $user, $port, $action, @given) = @ARGV;
my $sftp = Net::SFTP::Foreign->new("$user\@127.0.0.1", port => $port, ssh_cmd => $ssh,
    fs_encoding => 'latin-1', timeout => 30);
$sftp->die_on_error('connect');

my %actions = (
    put    => sub { $sftp->put(@_, copy_perm => 0) },
    atomic => sub { $sftp->put(@_, copy_perm => 0, atomic => 1) },
    resume => sub { $sftp->put(@_, copy_perm => 0, resume => 1) },
    get    => sub { $sftp->get(@_) },
    rename => sub { $sftp->rename(@_) },
    mkdir  => sub { $sftp->mkdir(@_) },
    remove => sub { $sftp->remove(@_) },
    list   => sub { print "> $_->{filename}\n" for @{ $sftp->ls($_[0]) || [] } },
    size   => sub { my $found = $sftp->stat($_[0]) or return; print $found->size, "\n" },
);
$actions{$action}->(@given);
if ($sftp->error) {
    print $sftp->error, "\n";
    exit 1;
}
