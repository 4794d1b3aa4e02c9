# A stand-in of the original ct-lock-helper as far as it shows on disk: two fields in T.lockdir/pid, an empty
# T.lock.excl, flock on T.lock. It waits for stale locks instead of breaking them, because the original breaks them in a
# way that is the very mistake this project mends.
# original.pl STRATEGY TARGET COMMAND...
use strict;
use warnings;
use Fcntl qw(:flock :DEFAULT);
use Sys::Hostname;
use Time::HiRes qw(usleep);

my ($strategy, $target, @command) = @ARGV;
my $temporary = "$target.$$." . int(rand(32768)) . '.tmp';
my $deadline = time + 60;

sub retry_until {
    my ($attempt) = @_;
    until ($attempt->()) { die "timed out\n" if time > $deadline; usleep(5000) }
}

my $lock;
if ($strategy eq 'lockdir') {
    retry_until(sub { mkdir "$target.lockdir", 0775 });
    # Slept so long that the nameless directory was removed: not ours any more.
    sysopen(my $pid, "$target.lockdir/pid", O_WRONLY | O_CREAT | O_EXCL, 0664) or exit 75;
    syswrite($pid, hostname() . ":$$\n");
    close $pid;
} elsif ($strategy eq 'cifs') {
    open(my $base, '>>', "$target.lock") or die;
    retry_until(sub { sysopen($lock, "$target.lock.excl", O_WRONLY | O_CREAT | O_EXCL, 0664) });
} else {
    open($lock, '>>', "$target.lock") or die;
    retry_until(sub { flock($lock, LOCK_EX | LOCK_NB) });
}
my $failed = system(@command, '-o', $temporary);
if ($failed) { unlink $temporary } else { rename $temporary, $target or die }
if ($strategy eq 'lockdir') { unlink "$target.lockdir/pid"; rmdir "$target.lockdir" }
if ($strategy eq 'cifs') { unlink "$target.lock.excl" }
exit($failed ? 1 : 0);
