using System.Collections.Concurrent;
using Stagedoor.Addons.Rendering.Templates;

namespace Stagedoor.Addons.Charts;

/// <summary>A file in the folder <c>templates</c> of a chart.</summary>
internal sealed class ChartTemplate(string name, string text)
{
    // By the whole path, which errors show: a chart under an alias has another one.
    private readonly ConcurrentDictionary<string, IReadOnlyCollection<TemplateTree>> _parsed = new(StringComparer.Ordinal);

    /// <summary>Its path in the chart.</summary>
    public string Name { get; } = name;

    /// <summary>As its author wrote it.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it only holds definitions for others.</summary>
    public bool IsPartial => Name[(Name.LastIndexOf('/') + 1)..].StartsWith('_');

    /// <summary>Its trees, parsed once.</summary>
    /// <exception cref="TemplateException">It does not parse.</exception>
    public IReadOnlyCollection<TemplateTree> Parse(string path) => _parsed.GetOrAdd(path, static (path, text) => Parser.Parse(path, text), Text);
}
