using System.Globalization;
using System.Text;
using Stagedoor.Gateway.Signing;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Why;

/// <summary>What clients usually do wrong when they sign, as it would be for one request.</summary>
internal static class SignatureMistakes
{
    private const string EmptyObjectHash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    private static readonly string[] s_methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

    private static readonly string[] s_contentTypes =
        ["application/json", "application/json;charset=utf-8", "application/json; charset=utf-8", "application/json;charset=utf8", "application/json;charset=UTF-8", "application/json; charset=UTF-8"];

    /// <summary>All of them, the likeliest first.</summary>
    public static IEnumerable<SignatureMistake> Of(RefusedSignature refused, CanonicalParts parts) =>
    [
        .. OfMethod(parts), .. OfPath(refused, parts), .. OfQuery(refused, parts), .. OfHeaders(refused, parts), .. OfPayload(refused, parts), .. OfDate(refused),
    ];

    /// <summary>What may have been taken for the secret key.</summary>
    public static IEnumerable<SignatureMistake> OfSecret(string secret, string accessKey)
    {
        yield return Wrong(secret + "\n", "with a line break at its end", "without the line break that its file ends with");
        yield return Wrong(secret + "\r\n", "with a line break at its end", "without the line break that its file ends with");
        yield return Wrong(secret + " ", "with a space at its end", "without the space at its end");
        yield return Wrong($"\"{secret}\"", "with quotes around it", "without the quotes around it");
        yield return Wrong("SDK" + secret, "with SDK in front of it, as other clouds do it", "by itself, without a prefix");
        yield return Wrong(accessKey, "the access key", "and not with the access key itself");
        yield return Wrong("", "nothing", "which was empty in the client");

        static SignatureMistake Wrong(string other, string what, string how) =>
            new("secret key", "the secret key", what, $"sign with its secret key {how}") { Secret = other };
    }

    private static IEnumerable<SignatureMistake> OfMethod(CanonicalParts parts) => s_methods.Append(parts.Method.ToLowerInvariant())
        .Where(m => !string.Equals(m, parts.Method, StringComparison.Ordinal))
        .Select(m => new SignatureMistake("method", parts.Method, m, $"sign the method {parts.Method}, as it is sent, and not {m}") { Method = m });

    private static IEnumerable<SignatureMistake> OfPath(RefusedSignature refused, CanonicalParts parts)
    {
        var raw = RawTarget.Split(refused.Request.Target).Path.ToString();
        var open = Uri.UnescapeDataString(raw);
        var prefix = refused.Request.Headers["X-Forwarded-Prefix"].ToString();
        (string Text, string How)[] others =
        [
            (parts.Path.TrimEnd('/'), "with a slash at its end, also where the address has none"),
            (CanonicalParts.PathOf(raw, PathReading.Whole), "with an encoded slash kept as %2F"),
            (CanonicalParts.PathOf(raw, PathReading.EscapesAsText), "with each escape once"),
            (WithSlash(open), "with each segment percent-encoded"),
            (open, "with each segment percent-encoded, and a slash at its end"),
            (WithSlash(raw), "with each segment percent-encoded as RFC 3986 has it"),
            (raw, "with each segment percent-encoded, and a slash at its end"),
            (parts.Path.Replace("%", "%25", StringComparison.Ordinal), "encoded once, and not twice"),
            (parts.Path.Replace("%", "%25", StringComparison.Ordinal).TrimEnd('/'), "encoded once, and not twice, with a slash at its end"),
            (parts.Path.ToLowerInvariant(), "in the letters in which it is sent"),
            (WithSlash(prefix.TrimEnd('/') + parts.Path), $"without {prefix}, which a proxy takes away"),
            ("/" + refused.Request.Headers.Host + parts.Path, "without the host"),
            ($"{refused.Request.Target}", "without the query, which has a line of its own"),
            ("/", "in full"),
        ];
        return others.Where(o => o.Text.Length > 0 && !string.Equals(o.Text, parts.Path, StringComparison.Ordinal)).DistinctBy(static o => o.Text, StringComparer.Ordinal)
            .Select(o => new SignatureMistake("path", parts.Path, MaskTarget(o.Text), $"sign the path {o.How}") { Path = o.Text });
    }

    private static IEnumerable<SignatureMistake> OfQuery(RefusedSignature refused, CanonicalParts parts)
    {
        var raw = RawTarget.Split(refused.Request.Target).Query.ToString();
        if (raw.Length == 0)
        {
            return [];
        }

        // One by one they come out in the order of the wire.
        var unsorted = string.Join('&', raw.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(static p => CanonicalParts.QueryOf(p, QueryReading.Sorted)));
        (string Text, string How)[] others =
        [
            (unsorted, "with its parameters sorted by name"),
            ("", "too: its line was left empty"),
            (raw, "sorted by name, each name and value percent-encoded"),
            (string.Join('&', parts.Query.Split('&').Select(static p => p.EndsWith('=') ? p[..^1] : p)), "with an = behind a name without a value"),
            (parts.Query.Replace("%20", "+", StringComparison.Ordinal), "with %20 for a space, and not +"),
            (Uri.UnescapeDataString(parts.Query), "with each name and value percent-encoded"),
            (Uri.UnescapeDataString(raw), "sorted by name, each name and value percent-encoded"),
            (parts.Query.Replace("%", "%25", StringComparison.Ordinal), "encoded once, and not twice"),
            (LowerEscapes(parts.Query), "with the digits of its escapes in upper case"),
            (CanonicalParts.QueryOf(raw, QueryReading.PlusIsSpace), "with + as %2B"),
            (CanonicalParts.QueryOf(raw, QueryReading.SortedByName), "sorted by name and value"),
            ("?" + parts.Query, "without its question mark"),
        ];
        return others.Where(o => !string.Equals(o.Text, parts.Query, StringComparison.Ordinal)).DistinctBy(static o => o.Text, StringComparer.Ordinal)
            .Select(o => new SignatureMistake("query", Secrets.Mask(parts.Query), Secrets.Mask(o.Text), $"sign the query {o.How}") { Query = o.Text });
    }

    private static IEnumerable<SignatureMistake> OfHeaders(RefusedSignature refused, CanonicalParts parts)
    {
        var (request, names) = (refused.Request, refused.Signature.SignedHeaders);
        foreach (var name in names)
        {
            foreach (var (value, change) in ValuesOf(refused, name))
            {
                var lines = CanonicalParts.Lines(names, request, static n => n, n => string.Equals(n, name, StringComparison.Ordinal) ? value : null);
                if (!string.Equals(lines, parts.Headers, StringComparison.Ordinal))
                {
                    yield return new(
                        $"header {name}", CanonicalParts.MaskLine($"{name}:{request.Headers[name]}"), CanonicalParts.MaskLine($"{name}:{value}"), change)
                    {
                        Headers = lines,
                    };
                }
            }
        }

        var spaced = parts.Headers.Replace("\n", "\0", StringComparison.Ordinal);
        yield return new("headers", "name:value", "name: value", "sign each header as name:value, without a space behind the colon")
        {
            Headers = string.Concat(spaced.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(static l => $"{l[..(l.IndexOf(':', StringComparison.Ordinal) + 1)]} {l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..]}\n")),
        };
        yield return new("headers", "an empty line behind the headers", "no empty line behind the headers", "put an empty line between the last header and the list of signed headers")
        {
            Headers = parts.Headers.TrimEnd('\n'),
        };
        yield return new("headers", "one empty line behind the headers", "two empty lines", "put one empty line, and not two, between the last header and the list of signed headers")
        {
            Headers = parts.Headers + "\n",
        };

        var theirs = refused.SignedHeaders.Split(';', StringSplitOptions.TrimEntries);
        var joined = string.Join(';', theirs);
        if (!string.Equals(joined, parts.Names, StringComparison.Ordinal))
        {
            const string Rule = "sign the names of headers in lower case and in ascending order, in the list and in the lines";
            yield return new("signed headers", parts.Names, joined, Rule) { Names = joined, Headers = CanonicalParts.Lines(theirs, request, static n => n) };
            yield return new("signed headers", parts.Names, joined, Rule) { Names = joined, Headers = CanonicalParts.Lines(theirs, request, static n => n.ToLowerInvariant()) };
            yield return new("signed headers", parts.Names, joined, Rule) { Names = joined };
            yield return new("headers", parts.Names, joined, Rule) { Headers = CanonicalParts.Lines(theirs, request, static n => n) };
        }
    }

    private static IEnumerable<(string Value, string Change)> ValuesOf(RefusedSignature refused, string name)
    {
        var sent = refused.Request.Headers[name].ToString();
        if (name is "host")
        {
            var colon = sent.LastIndexOf(':');
            var hasPort = colon > 0 && sent.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9') is false;
            var bare = hasPort ? sent[..colon] : sent;
            string[] ports = [.. new[] { hasPort ? sent[(colon + 1)..] : "", refused.LocalPort.ToString(CultureInfo.InvariantCulture), "80", "443", "8080" }.Where(static p => p.Length > 0)];
            string[] hosts = [bare, refused.Request.Headers["X-Forwarded-Host"].ToString(), "localhost", "127.0.0.1", bare.ToLowerInvariant()];
            foreach (var host in hosts.Where(static h => h.Length > 0).SelectMany(h => ports.Select(p => h.Contains(':', StringComparison.Ordinal) ? h : $"{h}:{p}").Prepend(h)).Distinct(StringComparer.Ordinal))
            {
                yield return (host, $"sign the Host that is sent, {sent}, and not {host}");
            }

            yield break;
        }

        if (name is "content-type")
        {
            foreach (var type in s_contentTypes.Append(sent.Split(';')[0].TrimEnd()).Append(sent.ToLowerInvariant()))
            {
                yield return (type, $"sign the Content-Type that is sent, '{sent}', and not '{type}'");
            }
        }

        yield return ("", $"sign the value of {name} that is sent; what was signed is empty");
    }

    private static IEnumerable<SignatureMistake> OfPayload(RefusedSignature refused, CanonicalParts parts)
    {
        var stated = refused.Request.Headers[SignedRequest.ContentHashHeader].ToString();
        (string Text, string Shown, string Change)[] others =
        [
            (SignedRequest.EmptyBodyHash, "the hash of no body", "sign the hash of the body as it is sent; what was signed is that of an empty one"),
            (
                SignedRequest.UnsignedPayload,
                SignedRequest.UnsignedPayload,
                refused.Rules.AllowUnsignedPayload
                    ? "send the header X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD and sign it, or sign the hash of the body"
                    : "sign the hash of the body: this operation takes no UNSIGNED-PAYLOAD"),
            (stated, "X-Sdk-Content-Sha256", "send in X-Sdk-Content-Sha256 the hash of the body as it is sent: what is stated there is that of another body, or something changed the body on its way"),
            (parts.Payload.ToUpperInvariant(), "the hash in upper case", "sign the hash of the body in lower-case hexadecimal digits"),
            (EmptyObjectHash, "the hash of {}", "send the body {} that was signed, or sign the hash of the one that is sent"),
            ("", "nothing", "end the canonical request with the hash of the body, that of an empty one too"),
        ];
        return others.Where(o => !string.Equals(o.Text, parts.Payload, StringComparison.Ordinal)).DistinctBy(static o => o.Text, StringComparer.Ordinal)
            .Select(o => new SignatureMistake("payload hash", parts.Payload, o.Shown, o.Change) { Payload = o.Text });
    }

    private static IEnumerable<SignatureMistake> OfDate(RefusedSignature refused)
    {
        var sent = refused.Request.Headers[SignedRequest.DateHeader].ToString();
        if (!SigningDate.TryParse(sent, out var time))
        {
            yield break;
        }

        var others = new List<string>();
        foreach (var seconds in (int[])[-1, 1, -2, 2, -3, 3])
        {
            others.Add(SigningDate.Format(time.AddSeconds(seconds)));
        }

        if (DateTimeOffset.TryParseExact(refused.Request.Headers.Date.ToString(), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            others.Add(SigningDate.Format(date));
        }

        foreach (var other in others)
        {
            const string Rule = "read the clock once: sign the same time that X-Sdk-Date sends";
            var lines = CanonicalParts.Lines(
                refused.Signature.SignedHeaders, refused.Request, static n => n, n => string.Equals(n, "x-sdk-date", StringComparison.Ordinal) ? other : null);
            yield return new("x-sdk-date", sent, other, Rule) { Date = other };
            yield return new("x-sdk-date", sent, other, Rule) { Date = other, Headers = lines };
        }
    }

    private static string WithSlash(string path) => path.EndsWith('/') ? path : path + "/";

    private static string MaskTarget(string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? target : $"{target[..(question + 1)]}{Secrets.Mask(target.AsSpan(question + 1))}";
    }

    private static string LowerEscapes(string text)
    {
        var lower = new StringBuilder(text);
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0 && i + 2 < text.Length; i = text.IndexOf('%', i + 1))
        {
            (lower[i + 1], lower[i + 2]) = (char.ToLowerInvariant(text[i + 1]), char.ToLowerInvariant(text[i + 2]));
        }

        return lower.ToString();
    }
}
