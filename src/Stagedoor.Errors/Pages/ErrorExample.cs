using System.Text;

namespace Stagedoor.Errors.Pages;

/// <summary>What a row looks like on the wire, for documents and pages.</summary>
public static class ErrorExample
{
    /// <summary>What is particular to the request of every example: the trace id is that of the W3C's own.</summary>
    public static ErrorDetails Details { get; } = new() { RequestId = "4bf92f3577b34da6a3ce929d0e0e4736", Address = "http://HOST" };

    /// <summary>The body in the row's envelope, without detail.</summary>
    public static string Body(ErrorDefinition row)
    {
        var body = Encoding.UTF8.GetString(ErrorBody.Of(row, row.Envelope, Details).Span);
        // The two successes of the trace service are in its catalogue too; what they carry is no matter of errors.
        return row.Status is 200 ? $"{body[..^1]},\"responseInfo\":[\"shop\"]}}" : body;
    }
}
