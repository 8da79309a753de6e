namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>How much one render may use.</summary>
internal sealed record RenderLimits
{
    /// <summary>Nodes of templates that may be evaluated.</summary>
    public long MaxSteps { get; init; } = 20_000_000;

    /// <summary>Bytes of text that all functions and outputs together may make.</summary>
    public long MaxTextBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Bytes that all files of the chart together may render to.</summary>
    public int MaxOutputBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How often templates may call one another: <c>template</c>, <c>include</c> and <c>tpl</c>.</summary>
    public int MaxDepth { get; init; } = 1000;

    /// <summary>How deep pipelines may stand in one another, through all templates that call one another: each level takes stack, and an error on its way out takes more.</summary>
    public int MaxNesting { get; init; } = 5_000;

    /// <summary>How long a render may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
