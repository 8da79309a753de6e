using Xunit;

namespace Stagedoor.Storage.S3.Tests;

/// <summary>The server that <c>STAGEDOOR_S3</c> names, as <c>eng/s3.sh start</c> prints it.</summary>
internal static class TestServer
{
    private const string Variable = "STAGEDOOR_S3";
    private const string Form = "http://127.0.0.1:PORT;bucket=NAME;accessKey=KEY;secretKey=KEY[;region=NAME][;server=NAME]";

    /// <summary>Where it is, with a prefix of the caller's own; the test is skipped when there is none.</summary>
    internal static S3Options Options()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrWhiteSpace(text), $"No S3 server: run eng/s3.sh start and set {Variable} to what it prints ({Form}).");
        var options = Parse(text);
        options.Prefix = $"test-{Guid.NewGuid():N}";
        return options;
    }

    /// <summary>Skips the test that asks when the server says that it is s3rver, which lacks this.</summary>
    internal static void SkipOnS3rver(string lack) =>
        Assert.SkipWhen((Environment.GetEnvironmentVariable(Variable) ?? "").Split(';').Contains("server=s3rver", StringComparer.Ordinal), $"s3rver {lack}");

    /// <summary>Reads <c>endpoint;name=value;…</c>.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    internal static S3Options Parse(string text)
    {
        var fields = text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var options = new S3Options { Endpoint = fields.Length > 0 ? fields[0] : "" };
        foreach (var field in fields.Skip(1))
        {
            var cut = field.IndexOf('=', StringComparison.Ordinal);
            var value = field[(cut + 1)..];
            switch (cut < 0 ? "" : field[..cut])
            {
                case "bucket":
                    options.Bucket = value;
                    break;
                case "accessKey":
                    options.AccessKey = value;
                    break;
                case "secretKey":
                    options.SecretKey = value;
                    break;
                case "region":
                    options.Region = value;
                    break;
                case "server":
                    break;
                default:
                    throw new FormatException($"{Variable} has the form {Form}; '{field}' is not a part of it.");
            }
        }

        return Uri.IsWellFormedUriString(options.Endpoint, UriKind.Absolute) && options is { Bucket: not "", AccessKey: not "", SecretKey: not "" }
            ? options
            : throw new FormatException($"{Variable} has the form {Form}.");
    }
}
