//! Data that go from a socket to a file without coming into this process: splice(2).
//!
//! What a socket has received are pages of memory. A pipe takes these pages as they are, and the file system
//! copies them once, into the file; by read(2) and write(2) they would be copied twice. A file of 2 GiB takes
//! half of the time that way, where the line is no bound.

pub(crate) use system::Pipe;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::fs::File;
    use std::io::{self, Read as _, Write as _};
    use std::os::fd::{AsFd, OwnedFd};
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::io::Errno;
    use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
    use tokio::io::Interest;
    use tokio::net::TcpStream;

    /// How much it holds: what a process without privileges may ask for (`/proc/sys/fs/pipe-max-size`). Where
    /// that is refused it holds less.
    const ROOM: usize = 1024 * 1024;

    /// A pipe within this process.
    #[derive(Debug)]
    pub(crate) struct Pipe {
        inlet: File,
        outlet: File,
        is_refused: AtomicBool,
    }

    impl Pipe {
        /// An empty one; `None` where the system has none left.
        pub(crate) fn new() -> Option<Self> {
            let (outlet, inlet): (OwnedFd, OwnedFd) = pipe_with(PipeFlags::CLOEXEC).ok()?;
            if let Err(error) = fcntl_setpipe_size(&inlet, ROOM) {
                tracing::debug!("a pipe stays as small as it is: {error}");
            }
            Some(Self {
                inlet: inlet.into(),
                outlet: outlet.into(),
                is_refused: AtomicBool::new(false),
            })
        }

        /// Whether it was found that data do not go through it as they are: then it is slower than a buffer.
        pub(crate) fn is_refused(&self) -> bool {
            self.is_refused.load(Ordering::Relaxed)
        }

        /// Takes in up to `most` bytes of what comes next; 0 is the end of it. The pipe must be empty. Whoever
        /// is stopped in here has taken in nothing.
        pub(in crate::ftp) async fn fill(&self, tcp: &TcpStream, most: usize) -> io::Result<usize> {
            tcp.async_io(Interest::READABLE, || self.take_in(tcp, most)).await
        }

        fn take_in(&self, from: impl AsFd, most: usize) -> io::Result<usize> {
            let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
            match splice(&from, None, &self.inlet, None, most.min(ROOM), flags) {
                Err(error) if self.notes(error) => {
                    // no more than any pipe holds: nobody empties it meanwhile
                    let mut bytes = [0; 4096];
                    let room = most.min(bytes.len());
                    let n = rustix::io::read(from, &mut bytes[..room])?;
                    (&self.inlet).write_all(&bytes[..n])?;
                    Ok(n)
                }
                taken => Ok(taken?),
            }
        }

        /// Writes `length` bytes, which must be in it, to where `file` stands. It blocks.
        pub(crate) fn empty(&self, mut file: &File, length: usize) -> io::Result<()> {
            let mut left = length;
            while left > 0 {
                left -= match splice(&self.outlet, None, file, None, left, SpliceFlags::MOVE) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(n) => n,
                    Err(Errno::INTR) => 0,
                    Err(error) if self.notes(error) => {
                        let mut bytes = vec![0; left];
                        (&self.outlet).read_exact(&mut bytes)?;
                        file.write_all(&bytes)?;
                        left
                    }
                    Err(error) => return Err(error.into()),
                };
            }
            Ok(())
        }

        /// Whether the system, or this file or socket, knows no splice(2), or a sandbox forbids it.
        fn notes(&self, error: Errno) -> bool {
            let is_unable = matches!(
                error,
                Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP
            );
            if is_unable {
                self.is_refused.store(true, Ordering::Relaxed);
            }
            is_unable
        }
    }

    #[cfg(test)]
    mod tests {
        use std::io::Seek as _;

        use super::*;

        fn read(mut file: &File) -> String {
            let mut said = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut said).unwrap();
            said
        }

        #[tokio::test]
        async fn what_a_socket_receives_is_in_the_file_up_to_its_end() {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let other = TcpStream::connect(listener.local_addr().unwrap());
            let (other, ours) = tokio::join!(other, listener.accept());
            let (mut other, ours) = (other.unwrap().into_std().unwrap(), ours.unwrap().0);
            other.set_nonblocking(false).unwrap();
            let sent: Vec<u8> = (0..3 * ROOM).map(|n| (n % 251) as u8).collect();
            let content = sent.clone();
            let sending = std::thread::spawn(move || other.write_all(&content));

            let (pipe, file) = (Pipe::new().unwrap(), tempfile::tempfile().unwrap());
            let mut received = 0;
            loop {
                let n = pipe.fill(&ours, 300_000).await.unwrap();
                assert!(n <= 300_000);
                if n == 0 {
                    break;
                }
                pipe.empty(&file, n).unwrap();
                received += n;
            }
            sending.join().unwrap().unwrap();
            let mut whole = Vec::new();
            (&file).rewind().unwrap();
            (&file).read_to_end(&mut whole).unwrap();
            assert!(received == sent.len() && whole == sent);
        }

        /// Linux splices nothing into a file that is appended to, and no pipe into itself.
        #[test]
        fn what_cannot_be_spliced_is_copied() {
            let pipe = Pipe::new().unwrap();
            (&pipe.inlet).write_all(b"from a pipe").unwrap();
            assert!(!pipe.is_refused());
            assert_eq!(pipe.take_in(&pipe.outlet, 6).unwrap(), 6);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("appended");
            let mut options = File::options();
            let file = options.create(true).append(true).read(true).open(path).unwrap();
            pipe.empty(&file, 11).unwrap();
            assert!(pipe.is_refused());
            assert_eq!(read(&file), " pipefrom a");
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use std::fs::File;
    use std::io;

    use tokio::net::TcpStream;

    /// There is none: other systems cannot do this.
    #[derive(Debug)]
    pub(crate) enum Pipe {}

    impl Pipe {
        pub(crate) fn new() -> Option<Self> {
            None
        }

        pub(crate) fn is_refused(&self) -> bool {
            match *self {}
        }

        pub(in crate::ftp) async fn fill(&self, _: &TcpStream, _: usize) -> io::Result<usize> {
            match *self {}
        }

        pub(crate) fn empty(&self, _: &File, _: usize) -> io::Result<()> {
            match *self {}
        }
    }
}
