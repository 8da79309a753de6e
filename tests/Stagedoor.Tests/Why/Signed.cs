using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Testing;

namespace Stagedoor.Tests.Why;

/// <summary>A request signed with mistakes: each part of the canonical request can be another than it should be.</summary>
internal sealed record Signed(string Method, string Path, string Query = "")
{
    public string Body { get; init; } = "";

    /// <summary>What is signed in place of the right part; null for the right one.</summary>
    public string? SignedMethod { get; init; }

    public string? SignedPath { get; init; }

    public string? SignedQuery { get; init; }

    public string? SignedHost { get; init; }

    public string? SignedHash { get; init; }

    public string? SignedNames { get; init; }

    public bool HasNoEmptyLine { get; init; }

    public int SecondsLate { get; init; }

    public HttpRequestMessage Of(StagedoorApp app, string? secretKey = null)
    {
        var host = new Uri(app.Url).Authority;
        var now = app.Clock.GetUtcNow();
        var date = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var signedDate = now.AddSeconds(SecondsLate).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var bytes = Encoding.UTF8.GetBytes(Body);
        var canonical =
            $"{SignedMethod ?? Method}\n{SignedPath ?? Path + "/"}\n{SignedQuery ?? Query}\nhost:{SignedHost ?? host}\nx-sdk-date:{signedDate}\n{(HasNoEmptyLine ? "" : "\n")}"
            + $"{SignedNames ?? "host;x-sdk-date"}\n{SignedHash ?? Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        var text = $"SDK-HMAC-SHA256\n{signedDate}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secretKey ?? app.FirstRun.SecretKey), Encoding.UTF8.GetBytes(text)));
        var request = new HttpRequestMessage(new(Method), app.Url + Path + (Query.Length > 0 ? "?" + Query : ""));
        request.Headers.TryAddWithoutValidation("X-Sdk-Date", date);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"SDK-HMAC-SHA256 Access={app.FirstRun.AccessKey}, SignedHeaders={SignedNames ?? "host;x-sdk-date"}, Signature={signature}");
        if (Body.Length > 0)
        {
            request.Content = new StringContent(Body, Encoding.UTF8, "application/json");
        }

        return request;
    }
}
