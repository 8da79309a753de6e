using System.Text;
using Microsoft.Extensions.Primitives;
using Stagedoor.Gateway.Signing;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Why;

/// <summary>The canonical request of a refused signature in its parts, as the server reads it first.</summary>
internal sealed record CanonicalParts(string Method, string Path, string Query, string Headers, string Names, string Payload)
{
    public static CanonicalParts Of(RefusedSignature refused)
    {
        var (request, signature) = (refused.Request, refused.Signature);
        var target = RawTarget.Split(request.Target);
        return new(
            request.Method,
            PathOf(target.Path, PathReading.Segments),
            QueryOf(target.Query, QueryReading.Sorted),
            Lines(signature.SignedHeaders, request, static name => name),
            string.Join(';', signature.SignedHeaders),
            PayloadOf(refused));
    }

    public static string PathOf(ReadOnlySpan<char> path, PathReading reading)
    {
        using var text = new Utf8Buffer();
        CanonicalPath.Append(text, path, reading);
        return Encoding.UTF8.GetString(text[..]);
    }

    public static string QueryOf(ReadOnlySpan<char> query, QueryReading reading)
    {
        using var text = new Utf8Buffer();
        CanonicalQuery.Append(text, query, reading);
        return Encoding.UTF8.GetString(text[..]);
    }

    /// <summary>The lines of these headers.</summary>
    /// <param name="names">In the order of the lines.</param>
    /// <param name="request">Has the values.</param>
    /// <param name="shown">The name that a line begins with.</param>
    /// <param name="replaced">The value that stands for that of a header; null for its own.</param>
    public static string Lines(IEnumerable<string> names, in SignedRequest request, Func<string, string> shown, Func<string, string?>? replaced = null)
    {
        var text = new StringBuilder();
        foreach (var name in names)
        {
            var values = replaced?.Invoke(name) is { } other ? new StringValues(other) : request.Headers[name];
            foreach (var value in values.OrderBy(static v => v, StringComparer.Ordinal))
            {
                text.Append(shown(name)).Append(':').Append(value.AsSpan().Trim(" \t")).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The whole of it, for people: without what is secret.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.Append(Method).Append('\n').Append(Path).Append('\n').Append(Secrets.Mask(Query)).Append('\n');
        foreach (var line in Headers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append(MaskLine(line)).Append('\n');
        }

        return text.Append('\n').Append(Names).Append('\n').Append(Payload).ToString();
    }

    /// <summary>The line of a header, without its value when that is secret.</summary>
    public static string MaskLine(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Secrets.IsNamedBy(line.AsSpan(0, colon)) ? $"{line[..colon]}:{Secrets.Hidden}" : line;
    }

    /// <summary>What is signed with this mistake made.</summary>
    public string Assemble(SignatureMistake mistake) =>
        $"{mistake.Method ?? Method}\n{mistake.Path ?? Path}\n{mistake.Query ?? Query}\n{mistake.Headers ?? Headers}\n{mistake.Names ?? Names}\n{mistake.Payload ?? Payload}";

    private static string PayloadOf(RefusedSignature refused)
    {
        var request = refused.Request;
        var stated = request.Headers[SignedRequest.ContentHashHeader].ToString();
        return refused.Rules.AllowUnsignedPayload && string.Equals(stated, SignedRequest.UnsignedPayload, StringComparison.Ordinal) && refused.Signature.Signs(SignedRequest.ContentHashHeader)
            ? stated
            : request.BodyHash;
    }
}
