//! Encrypted connections, verified as far as the address asks for.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::{Roots, Trust};
use crate::fault::Fault;

/// Makes the connections of an address encrypted, where the server can.
///
/// # Errors
/// The file of authorities that cannot be read or has none.
pub(super) fn connector(trust: &Trust) -> Result<MakeRustlsConnect, Fault> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: &dyn Error| Fault::new(format!("cannot speak TLS: {error}"));
    let chain = match trust {
        Trust::Anyone => None,
        Trust::SignedBy(roots) | Trust::Host(roots) => {
            let roots = Arc::new(certificates(roots)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone());
            Some(verifier.build().map_err(|error| failed(&error))?)
        }
    };
    let verifier: Arc<dyn ServerCertVerifier> = match (trust, chain) {
        (Trust::Host(_), Some(chain)) => chain,
        (_, chain) => Arc::new(AnyHost {
            chain,
            provider: provider.clone(),
        }),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    // `sslnegotiation=direct` asks for it.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn certificates(roots: &Roots) -> Result<RootCertStore, Fault> {
    let mut store = RootCertStore::empty();
    let added = match roots {
        // One that cannot be read is no reason to do without the others.
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs).0
        }
        Roots::File(path) => {
            let found = of_file(path).map_err(|error| {
                Fault::new(format!("cannot read {}: {error}", path.display()))
                    .help("`sslrootcert` is a file of certificates in PEM, or `system`")
            })?;
            store.add_parsable_certificates(found).0
        }
    };
    if added == 0 {
        let place = match roots {
            Roots::System => "the operating system has".to_owned(),
            Roots::File(path) => format!("{} holds", path.display()),
        };
        let message = format!("{place} no certificate of an authority");
        return Err(Fault::new(message).help("name another file by `sslrootcert`"));
    }
    Ok(store)
}

fn of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_file_iter(path)?.collect()
}

/// Asks a certificate for the authority that signed it at most, and not for whom.
/// Without authorities the key proves nothing either, and the certificate may be of
/// a kind that rustls does not read, such as one of X.509 version 1.
#[derive(Debug)]
struct AnyHost {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is the last thing that is looked at.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.chain.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.chain.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
