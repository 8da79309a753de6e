using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

public sealed class SigningProperties
{
    private const string Characters = "abcXYZ019-_.~ $&+=:;,@!*'()?#\"<>[]{}|^`éß组织🚀";

    /// <summary>Pieces of targets that one reading or another takes for something else.</summary>
    private static readonly string[] s_nasty =
    [
        "a", "b", "/", "/", ".", "..", "%2e", "%2E%2e", "%252e", "%25252e", "%2F", "%2f", "%252F", "%25%32F", "%5C", "\\", "//", "%00",
        "%61", "%2561", "%25", "%", "%2", "$", "%24", "é", "%C3%A9", "%C3", "+", "%20", " ", ";", "%C0%AE", "?", "&", "=", "http://h", "#",
    ];

    private static readonly Gen<string> s_text =
        from runes in Gen.Elements(Characters.EnumerateRunes().ToArray()).ListOf()
        select string.Concat(runes.Take(12));

    private static readonly Gen<string> s_segment =
        from text in s_text
        from keep in Gen.Elements(true, false)
        select text is "" or "." or ".." ? "s" : Write(text, keep ? "$&+=:;,@!*'()" : "");

    private static readonly Gen<string> s_parameter =
        from name in s_text
        from value in s_text
        from keep in Gen.Elements(true, false)
        from form in Gen.Choose(0, 3)
        select form == 0 ? Write(name, "") : $"{Write(name, "")}={Write(value, keep ? "$:;,@!*'()" : "")}";

    private static readonly Gen<string> s_target =
        from segments in s_segment.ListOf()
        from slash in Gen.Elements("", "/")
        from parameters in s_parameter.ListOf()
        select "/" + string.Join('/', segments.Take(5).Append("x")) + slash
            + (parameters.Count == 0 ? "" : "?" + string.Join('&', parameters.Take(5)));

    private static readonly Gen<string> s_wild =
        from pieces in Gen.Elements(s_nasty).ListOf()
        from slash in Gen.Elements("/", "/v1/", "")
        select slash + string.Concat(pieces.Take(10));

    private static readonly Gen<Sent> s_sent =
        from method in Gen.Elements("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD")
        from target in s_target
        from labels in s_text.ListOf()
        from body in s_text
        from payload in Gen.Elements("", SignedRequest.UnsignedPayload, "hash")
        from derived in Gen.Elements(true, false)
        select new Sent(method, target, [.. labels.Take(3)], body, payload, derived);

    private static readonly string[] s_parts = ["method", "path", "query", "header", "body", "date", "secret", "signature", "key"];

    [Fact]
    public void Whatever_is_signed_verifies() => Check(
        s_sent,
        static sent =>
        {
            var (request, authorization) = sent.Sign();
            return RawTarget.Check(sent.Target).IsValid && Client.Verify(request, authorization).IsOk;
        });

    [Fact]
    public void A_flipped_bit_anywhere_is_noticed() => Check(
        from sent in s_sent
        from part in Gen.Elements(s_parts)
        from position in Gen.Choose(0, int.MaxValue)
        from bit in Gen.Choose(0, 6)
        select (sent, part, position, bit),
        static flip => Survives(flip.sent, flip.part, flip.position, 1 << flip.bit));

    [Fact]
    public void A_target_of_another_path_is_never_taken_for_the_signed_one() => Check(
        from signed in s_wild
        from position in Gen.Choose(0, int.MaxValue)
        from piece in Gen.Elements(s_nasty)
        from drop in Gen.Choose(0, 4)
        select (signed, sent: Splice(signed, position, piece, drop)),
        static pair => IsOneMeaning(pair.signed, pair.sent),
        tests: 5_000);

    [Fact]
    public void Spellings_of_one_path_are_never_taken_for_two() => Check(
        from signed in Gen.Elements(s_nasty).ListOf()
        from sent in Gen.Elements(s_nasty).ListOf()
        select ("/v1/" + string.Concat(signed.Take(3)), "/v1/" + string.Concat(sent.Take(3))),
        static pair => IsOneMeaning(pair.Item1, pair.Item2),
        tests: 5_000);

    [Fact]
    public void A_path_never_holds_a_dot_segment_however_often_it_is_decoded() => Check(
        from target in s_wild
        from allowEncodedSlash in Gen.Elements(true, false)
        select (target, allowEncodedSlash),
        static input =>
        {
            var path = RawTarget.Check(input.target, input.allowEncodedSlash).Path;
            for (var times = 0; path is not null && times < 4; times++)
            {
                if (path.Contains('\\', StringComparison.Ordinal) || path.Contains('\0', StringComparison.Ordinal)
                    || path.Contains("//", StringComparison.Ordinal) || path.Split('/').Any(static s => s is "." or ".."))
                {
                    return false;
                }

                path = Uri.UnescapeDataString(path);
            }

            return true;
        },
        tests: 5_000);

    [Fact]
    public void The_path_is_the_one_that_a_server_routes() => Check(
        s_target,
        static target => string.Equals(
            RawTarget.Check(target).Path, Uri.UnescapeDataString(target.Split('?')[0]), StringComparison.Ordinal));

    [Fact]
    public void No_authorization_header_is_too_strange_to_read() => Check(
        from pieces in Gen.Elements(
            "SDK-HMAC-SHA256", "V11-HMAC-SHA256", " ", ",", "=", "/", ";", "Access", "Access=A", "Credential=A/B/C/D", "SignedHeaders=x",
            "Signature=00", "é", "\0").ListOf()
        select string.Concat(pieces),
        static text => AuthorizationHeader.Parse(text) is var header && header.IsSignature == (header.Kind == AuthorizationKind.Signature));

    private static void Check<T>(Gen<T> inputs, Func<T, bool> holds, int tests = 1_000) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(inputs.ToArbitrary(), holds));

    /// <summary>True unless a client could have signed one target and had the other, of another meaning, accepted.</summary>
    private static bool IsOneMeaning(string signed, string sent)
    {
        var first = RawTarget.Check(signed);
        var second = RawTarget.Check(sent);
        if (!first.IsValid || !second.IsValid || string.Equals(Meaning(signed), Meaning(sent), StringComparison.Ordinal))
        {
            return true;
        }

        var none = new HeaderDictionary();
        return !Client.Candidates(new("GET", signed, none, "")).Intersect(
            Client.Candidates(new("GET", sent, none, "")), StringComparer.Ordinal).Any();
    }

    /// <summary>What a service makes of a target, except for a last slash and for plus signs in the query, which may be spaces.</summary>
    private static string Meaning(string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var parameters = (question < 0 ? "" : target[(question + 1)..]).Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(static p => p.Contains('=', StringComparison.Ordinal) ? p : p + "=")
            .Select(static p => Uri.UnescapeDataString(p.Replace("%2B", " ", StringComparison.OrdinalIgnoreCase).Replace('+', ' ')));
        var path = RawTarget.Check(target).Path ?? "";
        return path.TrimEnd('/') + "?" + string.Join('&', parameters.Order(StringComparer.Ordinal));
    }

    private static bool Survives(Sent sent, string part, int position, int mask)
    {
        var (request, authorization) = sent.Sign();
        var secret = Client.SecretKey;
        switch (part)
        {
            case "method":
                request = request with { Method = Flip(request.Method, position, mask) };
                break;
            case "path":
                request = request with { Target = Flip(request.Target, 0, request.Target.Split('?')[0].Length, position, mask) };
                break;
            case "query" when request.Target.Contains('?', StringComparison.Ordinal):
                var start = request.Target.IndexOf('?', StringComparison.Ordinal) + 1;
                request = request with { Target = Flip(request.Target, start, request.Target.Length, position, mask) };
                break;
            case "header":
                request.Headers["X-Fixed"] = Flip("fixed", position, mask);
                break;
            case "body" when sent.Payload is not SignedRequest.UnsignedPayload:
                request = request with { BodyHash = Client.Hash(Flip(sent.Body, position, mask)) };
                break;
            case "date":
                request.Headers["X-Sdk-Date"] = Flip(Client.Date, position, mask);
                break;
            case "secret":
                secret = Flip(secret, position, mask);
                break;
            case "signature":
                authorization = Flip(authorization, authorization.Length - 64, authorization.Length, position, mask);
                break;
            case "key" when sent.IsDerived:
                // A derived key is salted with the access key; otherwise another access key means another secret.
                var at = authorization.IndexOf(Client.AccessKey, StringComparison.Ordinal);
                authorization = Flip(authorization, at, at + Client.AccessKey.Length, position, mask);
                break;
            default:
                return true;
        }

        if (!RawTarget.Check(request.Target).IsValid || (part is "path" or "query"
            && string.Equals(Meaning(request.Target), Meaning(sent.Target), StringComparison.Ordinal)))
        {
            return true;
        }

        var header = AuthorizationHeader.Parse(authorization);
        return !header.IsSignature || !SignatureVerifier.Verify(request, header.Signature, secret, Client.Rules, Client.Now).IsOk;
    }

    private static string Flip(string text, int position, int mask) => Flip(text, 0, text.Length, position, mask);

    private static string Flip(string text, int start, int end, int position, int mask)
    {
        var at = start + (position % Math.Max(1, end - start));
        return at >= text.Length ? text + "!" : $"{text.AsSpan(0, at)}{(char)(text[at] ^ mask)}{text.AsSpan(at + 1)}";
    }

    private static string Splice(string text, int position, string piece, int drop)
    {
        var at = text.Length == 0 ? 0 : position % text.Length;
        return text[..at] + piece + text[Math.Min(text.Length, at + drop)..];
    }

    private static string Write(string text, string keep)
    {
        var written = new StringBuilder();
        foreach (var unit in Encoding.UTF8.GetBytes(text))
        {
            var character = (char)unit;
            _ = char.IsAsciiLetterOrDigit(character) || "-._~".Contains(character, StringComparison.Ordinal)
                || keep.Contains(character, StringComparison.Ordinal)
                ? written.Append(character)
                : written.Append(CultureInfo.InvariantCulture, $"%{unit:X2}");
        }

        return written.ToString();
    }

    /// <summary>A request before it is signed.</summary>
    private sealed record Sent(string Method, string Target, IReadOnlyList<string> Labels, string Body, string Payload, bool IsDerived)
    {
        public (SignedRequest Request, string Authorization) Sign()
        {
            var request = Client.Request(Method, Target, $"Host: h:8080\nX-Fixed: fixed\nX-Sdk-Date: {Client.Date}", Body);
            request.Headers["X-Label"] = Labels.Count == 0 ? "" : Labels.ToArray();
            if (Payload.Length > 0)
            {
                request.Headers["X-Sdk-Content-Sha256"] = Payload is "hash" ? request.BodyHash : Payload;
            }

            var authorization = RequestSigner.Sign(
                request, Client.AccessKey, Client.SecretKey, Client.Now, IsDerived ? ("cn-test-1", "swr") : null);
            return (request, authorization);
        }
    }
}
