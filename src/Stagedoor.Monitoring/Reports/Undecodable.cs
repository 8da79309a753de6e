using System.Text;

namespace Stagedoor.Monitoring.Reports;

/// <summary>Why and where a body could not be read.</summary>
/// <param name="Reason">What the parser says.</param>
/// <param name="Source">The beginning of the body.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The character in the line, from 1; 0 for an empty body.</param>
internal sealed record Undecodable(string Reason, string Source, int Line, int Column)
{
    private const int MaxSource = 64;
    private const int MaxBytesPerCharacter = 4;

    public static Undecodable At(ReadOnlySpan<byte> body, int offset, string reason)
    {
        var before = body[..Math.Clamp(offset, 0, body.Length)];
        var line = before.Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        return new(reason, Beginning(body), line, body.IsEmpty ? 0 : column);
    }

    private static string Beginning(ReadOnlySpan<byte> body) =>
        Text.Cut(Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxSource * MaxBytesPerCharacter)]), MaxSource);
}

/// <summary>A body is not what its reader understands.</summary>
/// <param name="problem">Why and where.</param>
/// <param name="isText">It is JSON, but a text or a name in it is no Unicode.</param>
internal sealed class UndecodableException(Undecodable problem, bool isText = false) : FormatException(problem.Reason)
{
    public Undecodable Problem { get; } = problem;

    public bool IsText { get; } = isText;
}
