//! What the form says of TLS.

use super::{Field, Form, Outcome, TlsVersion, at, fault, press, saved, shows, type_in};

#[test]
fn weak_tls_is_an_opt_in_with_a_warning() {
    let mut form = Form::new(None, &[]);
    form.paste("ftpes://ftp.example.org");
    let warns = |form: &Form| form.note().paragraphs.iter().any(|p| p.contains("WARNING"));
    at(&mut form, Field::WeakTls);
    assert!(!warns(&form) && !form.server().allows_weak_tls());
    press(&mut form, "space");
    assert!(warns(&form) && form.server().weak_tls);
    at(&mut form, Field::TlsBackend);
    press(&mut form, "space");
    assert!(fault(&form, Field::WeakTls).unwrap().contains("only OpenSSL"));
    at(&mut form, Field::WeakTls);
    press(&mut form, "space");
    assert!(!form.server().weak_tls);
    at(&mut form, Field::TlsMin);
    assert!(!warns(&form));
    press(&mut form, "left");
    assert_eq!(form.server().tls_min, TlsVersion::V1_0);
    assert!(warns(&form) && form.server().allows_weak_tls());
}

#[test]
fn the_newest_version_is_not_older_than_the_oldest() {
    let mut form = Form::new(None, &[]);
    form.paste("ftpes://ftp.example.org");
    at(&mut form, Field::TlsMin);
    press(&mut form, "space");
    at(&mut form, Field::TlsMax);
    press(&mut form, "space");
    assert_eq!(form.server().tls_max, TlsVersion::V1_2);
    assert_eq!(press(&mut form, "enter"), Outcome::Stays);
    assert!(fault(&form, Field::TlsMax).unwrap().contains("newer"));
    press(&mut form, "left");
    assert_eq!(fault(&form, Field::TlsMax), None);
}

#[test]
fn a_key_goes_with_its_certificate() {
    let mut form = Form::new(None, &[]);
    form.paste("ftpes://ftp.example.org");
    assert!(!shows(&form, Field::ClientKey));
    at(&mut form, Field::ClientCertificate);
    type_in(&mut form, "me.pem");
    at(&mut form, Field::ClientKey);
    type_in(&mut form, "me.key");
    let server = saved(&mut form);
    assert_eq!(server.client_certificate, Some("me.pem".into()));
    assert_eq!(server.client_key, Some("me.key".into()));
    at(&mut form, Field::ClientCertificate);
    press(&mut form, "ctrl-u");
    assert_eq!(form.server().client_key, None);
}
