namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>Templates by name. <c>tpl</c> sees its own set above the chart's, and what it defines goes away with it.</summary>
internal sealed class TemplateSet(TemplateSet? parent = null)
{
    private readonly Dictionary<string, TemplateTree> _trees = new(StringComparer.Ordinal);

    /// <summary>Adds what a file defines; the last one of a name stays, but an empty one does not replace anything.</summary>
    public void Add(IEnumerable<TemplateTree> trees)
    {
        foreach (var tree in trees)
        {
            if (!tree.Root.IsBlank || Find(tree.Name) is null)
            {
                _trees[tree.Name] = tree;
            }
        }
    }

    public TemplateTree? Find(string name) => _trees.TryGetValue(name, out var tree) ? tree : parent?.Find(name);
}
