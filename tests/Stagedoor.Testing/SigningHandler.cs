using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Testing;

/// <summary>
/// Signs requests with SDK-HMAC-SHA256 as the official SDKs do. Written apart from the product's own signer, so that a shared mistake shows.
/// </summary>
/// <param name="accessKey">The AK.</param>
/// <param name="secretKey">The SK.</param>
/// <param name="clock">Where the date comes from.</param>
public sealed class SigningHandler(string accessKey, string secretKey, TimeProvider clock) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var uri = request.RequestUri!;
        var date = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        request.Headers.TryAddWithoutValidation("X-Sdk-Date", date);

        var signed = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["host"] = uri.Authority, ["x-sdk-date"] = date };
        foreach (var (name, values) in request.Headers.Where(h => h.Key.StartsWith("X-", StringComparison.OrdinalIgnoreCase)))
        {
            signed[name.ToLowerInvariant()] = string.Join(',', values);
        }

        var names = string.Join(';', signed.Keys);
        var canonical = string.Join(
            '\n',
            request.Method.Method,
            Path(uri),
            Query(uri),
            string.Concat(signed.Select(h => $"{h.Key}:{h.Value.Trim()}\n")),
            names,
            Convert.ToHexStringLower(SHA256.HashData(body)));
        var toSign = $"SDK-HMAC-SHA256\n{date}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secretKey), Encoding.UTF8.GetBytes(toSign)));
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"SDK-HMAC-SHA256 Access={accessKey}, SignedHeaders={names}, Signature={signature}");
        return await base.SendAsync(request, cancellationToken);
    }

    private static string Path(Uri uri)
    {
        var path = string.Join('/', uri.AbsolutePath.Split('/').Select(s => Uri.EscapeDataString(Uri.UnescapeDataString(s))));
        return path.EndsWith('/') ? path : path + "/";
    }

    private static string Query(Uri uri) => string.Join(
        '&',
        uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2))
            .Select(p => (Name: Encode(p[0]), Value: Encode(p.Length > 1 ? p[1] : "")))
            .OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal)
            .Select(p => $"{p.Name}={p.Value}"));

    private static string Encode(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text));
}
