using System.Text;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>One template: a file of a chart, or a <c>define</c> in one.</summary>
internal sealed record TemplateTree(string Name, string File, string Source, ListNode Root)
{
    /// <summary>The functions that the file calls and that are not supported here, with their lines; it renders as long as it does not come to them.</summary>
    public IReadOnlyList<(string Function, int Line)> Unsupported { get; init; } = [];

    /// <summary>The line and the byte in the line of a place.</summary>
    public (int Line, int Column) Locate(int position)
    {
        var before = Source.AsSpan(0, Math.Min(position, Source.Length));
        var lineStart = before.LastIndexOf('\n') + 1;
        return (1 + before.Count('\n'), Encoding.UTF8.GetByteCount(before[lineStart..]));
    }
}
