//! What acts on files without transferring them, from the command line.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use super::*;
use crate::harness::binary;

struct Site {
    url: String,
    home: tempfile::TempDir,
    ground: Ground,
}

impl Site {
    async fn run(&self, words: &str) -> (i32, String, String) {
        let mut command = binary::ftpane(self.home.path());
        command.env("FTPANE_PASSWORD", DEMO.1);
        command.args(words.replace("URL", &self.url).split(' '));
        let Output {
            status,
            stdout,
            stderr,
        } = binary::output(command).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    async fn well(&self, words: &str) -> String {
        let (code, stdout, stderr) = self.run(words).await;
        assert_eq!(code, 0, "{} {words}: {stdout}{stderr}", self.url);
        stdout
    }

    fn mode(&self, path: &str) -> u32 {
        let metadata = std::fs::metadata(self.ground.path.join(path)).unwrap();
        metadata.permissions().mode() & 0o7777
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn files_are_changed_as_each_server_can() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for (n, server) in lab.servers().iter().enumerate() {
        if matches!(server.tls, LabTls::Implicit | LabTls::Required) {
            continue;
        }
        let server = server_of(&lab, server, Protocol::Ftp);
        let ground = Ground::new(&lab, &format!("operations{n}"));
        let site = Site {
            url: format!("{}{}", server.url(), ground.name),
            home: tempfile::tempdir().unwrap(),
            ground,
        };
        let folder = site.ground.name.clone();
        std::fs::write(site.home.path().join("f"), "hello\n").unwrap();
        site.well("mkdir -p URL/a/b").await;
        site.well("put -q f URL/a/f").await;

        site.well("chmod 604 URL/a/f").await;
        assert_eq!(site.mode("a/f"), 0o604);
        site.well("chmod -R --folders 711 URL/a").await;
        assert_eq!(
            (site.mode("a"), site.mode("a/b"), site.mode("a/f")),
            (0o711, 0o711, 0o604)
        );
        // symbolic modes begin from what the listing tells
        let (code, _, said) = site.run("chmod -R go=rX URL/a").await;
        match code {
            0 => assert_eq!((site.mode("a/b"), site.mode("a/f")), (0o755, 0o644)),
            7 => assert!(said.contains("in octal"), "{said}"),
            other => panic!("{}: {other} {said}", site.url),
        }

        let (code, sum, said) = site.run("sum URL/a/f").await;
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        match code {
            0 => assert_eq!(sum, format!("SHA256 ({folder}/a/f) = {sha256}\n")),
            7 => assert!(said.contains("offers no checksum"), "{said}"),
            other => panic!("{}: {other} {said}", site.url),
        }
        let (code, _, said) = site.run(&format!("cp URL/a {folder}/copy")).await;
        match code {
            0 => assert_eq!(
                std::fs::read(site.ground.path.join("copy/f")).unwrap(),
                b"hello\n"
            ),
            7 => assert!(said.contains("mod_copy"), "{said}"),
            other => panic!("{}: {other} {said}", site.url),
        }
        let found = site.well("find URL --name f").await;
        assert!(
            found.lines().any(|line| line == format!("{folder}/a/f")),
            "{found}"
        );
        let stat = site.well("raw URL/a STAT f").await;
        assert!(stat.contains(" f") && stat.starts_with("21"), "{stat}");
        let (code, out, _) = site.run("raw URL SITE NOSUCH").await;
        assert_eq!((code, &out[..1]), (7, "5"), "{out}");

        site.well(&format!("mv URL/a/f {folder}/a/b/")).await;
        let (code, ..) = site.run(&format!("mv URL/a/b/f {folder}/a/b")).await;
        assert_eq!(code, 9);
        assert_eq!(site.well("du URL/a").await, format!("6\t{folder}/a\n"));
        assert_eq!(site.run("rm URL/a").await.0, 2);
        site.well("rm -r URL/a").await;
        assert!(!site.ground.path.join("a").exists());
    }
}
