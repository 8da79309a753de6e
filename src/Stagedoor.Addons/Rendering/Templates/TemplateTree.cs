using System.Text;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>One template: a file of a chart, or a <c>define</c> in one.</summary>
internal sealed record TemplateTree(string Name, string File, string Source, ListNode Root)
{
    /// <summary>The line and the byte in the line of a place.</summary>
    public (int Line, int Column) Locate(int position)
    {
        var before = Source.AsSpan(0, Math.Min(position, Source.Length));
        var lineStart = before.LastIndexOf('\n') + 1;
        return (1 + before.Count('\n'), Encoding.UTF8.GetByteCount(before[lineStart..]));
    }
}
