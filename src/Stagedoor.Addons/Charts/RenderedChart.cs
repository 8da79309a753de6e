using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>A file that a chart rendered to.</summary>
internal sealed record RenderedFile(string Path, string Text);

/// <summary>What a chart rendered to.</summary>
/// <param name="Files">The files by path, without those that hold nothing but white space.</param>
/// <param name="CustomResources">The files of <c>crds</c>, which are not templates.</param>
/// <param name="Notes">The text of <c>NOTES.txt</c> of the chart itself; empty where there is none.</param>
/// <param name="Values">All values together, as the templates saw them.</param>
internal sealed record RenderedChart(IReadOnlyList<RenderedFile> Files, IReadOnlyList<RenderedFile> CustomResources, string Notes, GoMap Values);
