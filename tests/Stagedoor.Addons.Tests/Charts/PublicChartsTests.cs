using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Templates;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>
/// Charts that others publish, which are not kept here: <c>STAGEDOOR_CHARTS</c> names folders of them, separated by colons, such as <c>charts</c> of
/// prometheus-community/helm-charts and <c>bitnami</c> of bitnami/charts. A chart that another one needs is looked for in the same folders.
/// </summary>
public sealed class PublicChartsTests
{
    private static readonly string[] s_folders = (Environment.GetEnvironmentVariable("STAGEDOOR_CHARTS") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public async Task They_render_with_their_own_values_to_objects()
    {
        Assert.SkipWhen(s_folders.Length == 0, "STAGEDOOR_CHARTS names no folders of charts");
        var failures = new List<string>();
        var count = 0;
        foreach (var folder in s_folders.SelectMany(Directory.EnumerateDirectories).Where(static f => File.Exists(Path.Combine(f, "Chart.yaml"))).Order(StringComparer.Ordinal))
        {
            var chart = ChartLoader.Load(WithDependencies(Read(folder), 0));
            count += chart.IsLibrary ? 0 : 1;
            failures.AddRange(chart.IsLibrary ? [] : await FailuresAsync(chart));
        }

        Assert.True(count > 40, $"only {count} charts");
        Assert.Empty(failures);
    }

    private static async Task<List<string>> FailuresAsync(Chart chart)
    {
        var request = new RenderRequest
        {
            ReleaseName = "rel",
            Namespace = "apps",
            Values = [],
            Capabilities = new("v1.30.0", ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1"]),
        };
        var failures = new List<string>();
        try
        {
            var rendered = await new ChartRenderer(TimeProvider.System, new()).RenderAsync(chart, request, TestContext.Current.CancellationToken);
            if (ReleaseManifests.Of(rendered).Objects.FirstOrDefault(static o => o.Kind.Length == 0 || o.ApiVersion.Length == 0 || o.Name.Length == 0) is { } nameless)
            {
                failures.Add($"{chart.Name}: {nameless.Source} holds an object without apiVersion, kind or name");
            }
        }
        catch (TemplateException e) when (e.Reason.Contains("error calling required", StringComparison.Ordinal) || e.Reason.Contains("error calling fail", StringComparison.Ordinal))
        {
            // The chart wants a value that has no default.
        }
        catch (Exception e) when (e is TemplateException or FormatException)
        {
            failures.Add($"{chart.Name}: {e.Message}");
        }

        return failures;
    }

    private static Dictionary<string, byte[]> WithDependencies(Dictionary<string, byte[]> files, int depth)
    {
        foreach (var missing in ChartLoader.Load(files).Missing.ToList())
        {
            var folder = s_folders.Select(f => Path.Combine(f, missing.Name)).FirstOrDefault(Directory.Exists);
            if (folder is null || depth > 3)
            {
                continue;
            }

            foreach (var (path, bytes) in WithDependencies(Read(folder), depth + 1))
            {
                files[$"charts/{missing.Name}/{path}"] = bytes;
            }
        }

        return files;
    }

    private static Dictionary<string, byte[]> Read(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllBytes, StringComparer.Ordinal);
}
