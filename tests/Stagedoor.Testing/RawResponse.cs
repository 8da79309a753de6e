using System.Globalization;
using System.Text;

namespace Stagedoor.Testing;

/// <summary>A response read from a bare connection.</summary>
/// <param name="Status">The HTTP status; 0 when the server closed without an answer.</param>
/// <param name="Headers">Name and value, names in lower case.</param>
/// <param name="Body">The body as text.</param>
public sealed record RawResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The coded error in it, if any.</summary>
    public ObservedError? Error { get; private init; }

    internal static async Task<RawResponse> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var received = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (!IsComplete(received))
        {
            int read;
            try
            {
                read = await stream.ReadAsync(buffer, cancellationToken);
            }
            catch (IOException)
            {
                // The server cut the connection after its answer, or instead of one.
                break;
            }

            if (read == 0)
            {
                break;
            }

            received.Write(buffer, 0, read);
        }

        return await ParseAsync(Encoding.UTF8.GetString(received.ToArray()), cancellationToken);
    }

    private static bool IsComplete(MemoryStream received)
    {
        var text = Encoding.Latin1.GetString(received.GetBuffer(), 0, (int)received.Length);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        // A connection that is not closed after it stays open for minutes.
        if (text[..end].Contains("\r\ntransfer-encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            return text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
        }

        var length = text[..end].Split("\r\n").FirstOrDefault(l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        return length is not null && received.Length >= end + 4 + long.Parse(length.AsSpan(15).Trim(), CultureInfo.InvariantCulture);
    }

    private static async Task<RawResponse> ParseAsync(string text, CancellationToken cancellationToken)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return new(0, new Dictionary<string, string>(StringComparer.Ordinal), text);
        }

        var lines = text[..end].Split("\r\n");
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
        }

        var body = text[(end + 4)..];
        using var message = new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent(body) };
        if (headers.TryGetValue("x-stagedoor-error-code", out var code))
        {
            message.Headers.Add("X-Stagedoor-Error-Code", code);
        }

        return new(status, headers, body) { Error = status >= 400 ? await ObservedError.FindAsync(message, cancellationToken) : null };
    }
}
