// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;

/** TLS by the JDK, with a certificate for this machine that is made at every start. */
public final class SelfSignedTls {
    private SelfSignedTls() {
    }

    /**
     * Makes a certificate for localhost. No client trusts it unless it is told to
     * ({@code curl -k}).
     *
     * @return the context of a server
     * @throws IllegalStateException if the JDK lacks an algorithm
     */
    public static SslContext forServer() {
        try {
            X509Bundle bundle = new CertificateBuilder()
                    .ecp256()
                    .subject("CN=localhost")
                    .addSanDnsName("localhost")
                    .addSanIpAddress("127.0.0.1")
                    .addSanIpAddress("::1")
                    .setIsCertificateAuthority(true) // The builder wants it of its own signer.
                    .addExtendedKeyUsageServerAuth()
                    .buildSelfSigned();
            return SslContextBuilder
                    .forServer(bundle.getKeyPair().getPrivate(), bundle.getCertificatePath())
                    .sslProvider(SslProvider.JDK)
                    .build();
        } catch (Exception e) { // CertificateBuilder declares no narrower type.
            throw new IllegalStateException("cannot make a self-signed certificate", e);
        }
    }
}
