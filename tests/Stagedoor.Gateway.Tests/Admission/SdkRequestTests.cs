using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Stagedoor.Gateway.Tests.Admission;

/// <summary>Requests as the official SDKs sign them, through the whole server: each with and without a body, of every type, to both kinds of routes.</summary>
public sealed class SdkRequestTests
{
    private const string Unsigned = "UNSIGNED-PAYLOAD";

    private static readonly string[] s_sdks = ["node", "dotnet", "go", "java", "python"];
    private static readonly string[] s_methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] s_types = ["application/json", "application/json;charset=utf8", "text/plain", "application/octet-stream", "multipart/form-data; boundary=x"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_shape_is_let_in_but_an_unsigned_body_for_identity_management()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecond", "0"), ("Gateway:RefusalsPerSecondPerAddress", "0"));
        var wrong = new List<string>();
        foreach (var sdk in s_sdks)
        {
            foreach (var method in s_methods)
            {
                foreach (var type in s_types)
                {
                    foreach (var body in (string[])["", "{\"a\":1}"])
                    {
                        foreach (var path in (string[])["/any", "/iam/any"])
                        {
                            using var request = Sign(host, sdk, method, path, type, body);
                            using var response = await host.Anonymous.SendAsync(request, Cancellation);
                            var isRefused = body.Length > 0 && path is "/iam/any" && !type.StartsWith("application/json", StringComparison.Ordinal);
                            if (response.StatusCode != (isRefused ? HttpStatusCode.Unauthorized : HttpStatusCode.OK))
                            {
                                wrong.Add($"{sdk} {method} {path} {type} '{body}': {(int)response.StatusCode}");
                            }
                        }
                    }
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static HttpRequestMessage Sign(PipelineHost host, string sdk, string method, string path, string type, string body)
    {
        var isJson = type.StartsWith("application/json", StringComparison.Ordinal);
        var uri = new Uri(host.Anonymous.BaseAddress!, path);
        var request = new HttpRequestMessage(new(method), uri);
        var signed = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["x-sdk-date"] = host.Clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture),
        };
        if (!isJson)
        {
            signed["x-sdk-content-sha256"] = Unsigned;
        }

        // Which headers each of them signs.
        if (sdk is not "go")
        {
            signed["host"] = uri.Authority;
        }

        if (sdk is not "node")
        {
            signed["user-agent"] = "huaweicloud-usdk/3.0";
        }

        if (sdk is "python" || (sdk is "node" && !type.StartsWith("multipart", StringComparison.Ordinal)))
        {
            signed["content-type"] = type;
        }

        // Python states that the body is not signed, and signs the hash of the empty one.
        var payload = isJson || (sdk is "python" && body.Length == 0) ? Hash(body) : Unsigned;
        var names = string.Join(';', signed.Keys);
        var canonical = string.Join('\n', method, path + "/", "", string.Concat(signed.Select(static h => $"{h.Key}:{h.Value}\n")), names, payload);
        var text = $"SDK-HMAC-SHA256\n{signed["x-sdk-date"]}\n{Hash(canonical)}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(FakeDirectory.SecretKey), Encoding.UTF8.GetBytes(text)));
        request.Headers.TryAddWithoutValidation("Authorization", $"SDK-HMAC-SHA256 Access={FakeDirectory.AccessKey}, SignedHeaders={names}, Signature={signature}");
        request.Headers.TryAddWithoutValidation("User-Agent", "huaweicloud-usdk/3.0");
        foreach (var (name, value) in signed.Where(static h => h.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        // A GET without a body has a type all the same: the SDKs send it as a header of the request.
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        return request;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
