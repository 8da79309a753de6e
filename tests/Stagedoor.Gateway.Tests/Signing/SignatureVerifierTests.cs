using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

public sealed class SignatureVerifierTests
{
    private const string Canonical = $"""
        GET
        /v1/x/

        host:h
        x-sdk-date:20260102T030405Z

        host;x-sdk-date
        {SignedRequest.EmptyBodyHash}
        """;

    private const string Headers = "Host: h\nX-Sdk-Date: 20260102T030405Z";

    [Theory]
    [InlineData(0)]
    [InlineData(899)]
    [InlineData(-899)]
    [InlineData(900)]
    [InlineData(-900)]
    public void A_clock_may_be_fifteen_minutes_off(int seconds) =>
        Assert.Equal(
            SignatureResult.Ok,
            Client.Verify(Client.Request("GET", "/v1/x", Headers), Client.Authorize(Canonical), now: Client.Now.AddSeconds(seconds)));

    [Theory]
    [InlineData(901, "20260102T031906Z")]
    [InlineData(-901, "20260102T024904Z")]
    public void A_second_more_is_expired(int seconds, string serverTime) =>
        Assert.Equal(
            new(
                SignatureStatus.Expired,
                $"calc aksk signature fail:signature expired, signature time:20260102T030405Z,server time:{serverTime}"),
            Client.Verify(Client.Request("GET", "/v1/x", Headers), Client.Authorize(Canonical), now: Client.Now.AddSeconds(seconds)));

    [Theory]
    [InlineData("Host: h")]
    [InlineData("Host: h\nX-Sdk-Date:")]
    [InlineData("Host: h\nX-Sdk-Date: 2026-01-02T03:04:05Z")]
    [InlineData("Host: h\nX-Sdk-Date: 20260102T030405")]
    [InlineData("Host: h\nX-Sdk-Date: 20260102T030405z")]
    [InlineData("Host: h\nX-Sdk-Date: 20260230T030405Z")]
    [InlineData("Host: h\nX-Sdk-Date: 20260102T030405Z\nX-Sdk-Date: 20260102T030405Z")]
    public void A_date_that_is_absent_or_unreadable_is_invalid(string headers) =>
        Assert.Equal(
            new(SignatureStatus.InvalidDate, "calc aksk signature fail:invalid x-sdk-date"),
            Client.Verify(Client.Request("GET", "/v1/x", headers), Client.Authorize(Canonical)));

    [Fact]
    public void A_date_that_is_not_signed_is_invalid()
    {
        var request = Client.Request("GET", "/v1/x", Headers);
        var authorization = Client.Authorize($"GET\n/v1/x/\n\nhost:h\n\nhost\n{SignedRequest.EmptyBodyHash}");

        var result = Client.Verify(request, authorization);

        Assert.Equal(SignatureStatus.InvalidDate, result.Status);
    }

    [Fact]
    public void A_date_can_be_judged_before_the_body_is_read()
    {
        var request = Client.Request("GET", "/v1/x", Headers) with { BodyHash = "" };
        var signature = Client.Parse(Client.Authorize(Canonical));

        Assert.Null(SignatureVerifier.CheckDate(request, signature, Client.Rules, Client.Now));
        Assert.Equal(
            SignatureStatus.Expired,
            SignatureVerifier.CheckDate(request, signature, Client.Rules, Client.Now.AddHours(1))?.Status);
    }

    [Fact]
    public void A_mismatch_shows_the_canonical_request_without_its_secrets()
    {
        const string Secrets = """
            Host: h
            X-Sdk-Date: 20260102T030405Z
            X-Security-Token: top-secret-1
            X-Auth-Token: top-secret-2
            Cookie: a=top-secret-3
            """;
        var request = Client.Request("GET", "/v1/a%2Fb?b=2&a=1", Secrets);
        var authorization = "SDK-HMAC-SHA256 Access=AK, SignedHeaders=cookie;host;x-auth-token;x-sdk-date;x-security-token, Signature="
            + new string('0', 64);

        var result = Client.Verify(request, authorization);

        Assert.Equal(SignatureStatus.Mismatch, result.Status);
        Assert.Equal(
            "verify aksk signature fail, canonicalRequest:GET|/v1/a%2Fb/|a=1&b=2|cookie:***|host:h|x-auth-token:***|"
            + "x-sdk-date:20260102T030405Z|x-security-token:***||cookie;host;x-auth-token;x-sdk-date;x-security-token|"
            + SignedRequest.EmptyBodyHash,
            result.Detail);
    }

    [Fact]
    public void An_absent_header_is_not_an_empty_value()
    {
        var request = Client.Request("GET", "/v1/x", "X-Sdk-Date: 20260102T030405Z");
        var authorization = Client.Authorize(
            $"GET\n/v1/x/\n\nx-empty:\nx-sdk-date:20260102T030405Z\n\nx-empty;x-sdk-date\n{SignedRequest.EmptyBodyHash}");

        var absent = Client.Verify(request, authorization);
        request.Headers["X-Empty"] = "";
        var present = Client.Verify(request, authorization);

        Assert.Equal(SignatureStatus.Mismatch, absent.Status);
        Assert.Equal(SignatureResult.Ok, present);
    }

    [Fact]
    public void A_header_line_cannot_be_smuggled_through_a_value()
    {
        var request = Client.Request("GET", "/v1/x", "X-Sdk-Date: 20260102T030405Z");
        request.Headers["X-Label"] = "a\nx-project-id:p";
        request.Headers["X-Project-Id"] = "q";
        var authorization = Client.Authorize(
            $"GET\n/v1/x/\n\nx-label:a\nx-project-id:p\nx-sdk-date:20260102T030405Z\n\nx-label;x-sdk-date\n{SignedRequest.EmptyBodyHash}");

        var result = Client.Verify(request, authorization);

        Assert.Equal(SignatureStatus.Mismatch, result.Status);
    }

    [Fact]
    public void A_security_token_has_to_be_signed()
    {
        var request = Client.Request("GET", "/v1/x", Headers + "\nX-Security-Token: t");

        var result = Client.Verify(request, Client.Authorize(Canonical));

        Assert.Equal(new(SignatureStatus.UnsignedSecurityToken, "securitytoken is invalid"), result);
    }

    [Fact]
    public void An_unsigned_marker_does_not_free_the_body()
    {
        var request = Client.Request("PUT", "/v1/x", Headers + "\nX-Sdk-Content-Sha256: UNSIGNED-PAYLOAD", "swapped");
        var authorization = Client.Authorize(
            "PUT\n/v1/x/\n\nhost:h\nx-sdk-date:20260102T030405Z\n\nhost;x-sdk-date\nUNSIGNED-PAYLOAD");

        var result = Client.Verify(request, authorization);

        Assert.Equal(SignatureStatus.Mismatch, result.Status);
        Assert.EndsWith(request.BodyHash, result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_can_refuse_unsigned_payloads()
    {
        var request = Client.Request("PUT", "/v1/x", "X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD\nX-Sdk-Date: 20260102T030405Z", "{}");
        var authorization = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now);

        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
        Assert.Equal(
            SignatureStatus.Mismatch, Client.Verify(request, authorization, Client.Rules with { AllowUnsignedPayload = false }).Status);
    }

    [Fact]
    public void A_stated_hash_has_to_be_the_hash_of_the_body()
    {
        var lie = Client.Hash("another body");
        var request = Client.Request("PUT", "/v1/x", $"X-Sdk-Content-Sha256: {lie}\nX-Sdk-Date: 20260102T030405Z", "{}");
        var lines = $"PUT\n/v1/x/\n\nx-sdk-content-sha256:{lie}\nx-sdk-date:20260102T030405Z\n\nx-sdk-content-sha256;x-sdk-date\n";

        Assert.Equal(SignatureStatus.Mismatch, Client.Verify(request, Client.Authorize(lines + lie)).Status);
        Assert.Equal(SignatureStatus.Mismatch, Client.Verify(request, Client.Authorize(lines + request.BodyHash)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stated_hash_of_the_body_is_taken_in_either_case(bool upper)
    {
        var stated = upper ? Client.Hash("{}").ToUpperInvariant() : Client.Hash("{}");
        var request = Client.Request("PUT", "/v1/x", $"X-Sdk-Content-Sha256: {stated}\nX-Sdk-Date: 20260102T030405Z", "{}");
        var authorization = Client.Authorize(
            $"PUT\n/v1/x/\n\nx-sdk-content-sha256:{stated}\nx-sdk-date:20260102T030405Z\n\nx-sdk-content-sha256;x-sdk-date\n{stated}");

        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
    }

    [Theory]
    [InlineData("STREAMING-PAYLOAD")]
    [InlineData("unsigned-payload")]
    [InlineData("e3b0")]
    public void Another_statement_about_the_body_is_refused(string stated)
    {
        var request = Client.Request("PUT", "/v1/x", $"X-Sdk-Content-Sha256: {stated}\nX-Sdk-Date: 20260102T030405Z", "{}");
        var authorization = Client.Authorize(
            $"PUT\n/v1/x/\n\nx-sdk-content-sha256:{stated}\nx-sdk-date:20260102T030405Z\n\nx-sdk-content-sha256;x-sdk-date\n{stated}");

        Assert.Equal(SignatureStatus.Mismatch, Client.Verify(request, authorization).Status);
    }

    [Theory]
    [InlineData("cn-test-1", "swr")]
    [InlineData("globe", "iam")]
    [InlineData("cn-test-1", "undefined")] // Node, when no service name is configured
    public void A_derived_key_of_a_served_region_is_good(string region, string service)
    {
        var request = Client.Request("GET", "/v1/x", Headers);
        var authorization = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now, (region, service));

        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
    }

    [Theory]
    [InlineData("20260103/cn-test-1/swr")]
    [InlineData("2026010/cn-test-1/swr")]
    [InlineData("20260102T/cn-test-1/swr")]
    [InlineData("20260102/eu-west-9/swr")]
    [InlineData("20260102/CN-TEST-1/swr")]
    [InlineData("20260102/cn-test-1/other")]
    public void A_derived_key_of_another_scope_is_refused(string scope)
    {
        var request = Client.Request("GET", "/v1/x", Headers);
        var authorization = $"V11-HMAC-SHA256 Credential={Client.AccessKey}/{scope}, SignedHeaders=host;x-sdk-date, Signature="
            + new string('0', 64);

        var result = Client.Verify(request, authorization, Client.Rules with { Services = ["swr"] });

        Assert.Equal(new(SignatureStatus.InvalidScope, $"calc aksk signature fail:invalid credential scope {scope}"), result);
    }

    [Fact]
    public void A_derived_signature_is_not_a_direct_one_nor_the_other_way_round()
    {
        var request = Client.Request("GET", "/v1/x", Headers);
        var direct = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now);
        var derived = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now, ("cn-test-1", "swr"));

        var derivedAsDirect = derived
            .Replace("V11-", "SDK-", StringComparison.Ordinal)
            .Replace($"Credential={Client.AccessKey}/20260102/cn-test-1/swr", $"Access={Client.AccessKey}", StringComparison.Ordinal);
        var directAsDerived = direct
            .Replace("SDK-", "V11-", StringComparison.Ordinal)
            .Replace($"Access={Client.AccessKey}", $"Credential={Client.AccessKey}/20260102/cn-test-1/swr", StringComparison.Ordinal);

        Assert.Equal(SignatureStatus.Mismatch, Client.Verify(request, derivedAsDirect).Status);
        Assert.Equal(SignatureStatus.Mismatch, Client.Verify(request, directAsDerived).Status);
    }

    [Fact]
    public void A_signature_matches_as_a_whole()
    {
        var request = Client.Request("GET", "/v1/x", Headers);
        var authorization = Client.Authorize(Canonical);

        // A comparison that stops at the first difference would still have to refuse the last digit.
        for (var i = authorization.Length - 64; i < authorization.Length; i++)
        {
            var digit = authorization[i] == '0' ? '1' : '0';
            var altered = $"{authorization.AsSpan(0, i)}{digit}{authorization.AsSpan(i + 1)}";
            Assert.Equal(SignatureStatus.Mismatch, Client.Verify(request, altered).Status);
        }
    }

    [Theory]
    [InlineData("/v1/x")]
    [InlineData("/v1/a%2Fb?q=1+1&q=0")]
    public void An_unknown_key_is_named_and_nothing_else_is_told(string target)
    {
        var request = Client.Request("GET", target, Headers);
        var authorization = RequestSigner.Sign(request, "NOBODY", Client.SecretKey, Client.Now);

        var current = SignatureVerifier.VerifyUnknownKey(request, Client.Parse(authorization), Client.Rules, Client.Now);
        var outdated = SignatureVerifier.VerifyUnknownKey(request, Client.Parse(authorization), Client.Rules, Client.Now.AddDays(1));

        Assert.Equal(new(SignatureStatus.UnknownKey, "ak NOBODY not exist"), current);
        Assert.Equal(current, outdated);
    }

    [Fact]
    public void A_lower_case_method_is_another_method()
    {
        var result = Client.Verify(Client.Request("get", "/v1/x", Headers), Client.Authorize(Canonical));

        Assert.Equal(SignatureStatus.Mismatch, result.Status);
    }

    [Fact]
    public void Ten_thousand_parameters_are_canonicalised()
    {
        var query = string.Join('&', Enumerable.Range(0, 10_000).Select(static i => $"p{9_999 - i:D5}=%20"));
        var request = Client.Request("GET", "/v1/x?" + query, Headers);

        var authorization = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now);

        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
    }
}
