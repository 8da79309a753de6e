using System.Globalization;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>Renders charts as <c>helm template</c> does, within bounds; packages of type static as <see cref="StaticRenderer"/> says.</summary>
internal sealed class ChartRenderer(TimeProvider clock, RenderLimits limits)
{
    private const int StackBytes = 256 * 1024 * 1024;

    /// <summary>Renders a chart.</summary>
    /// <exception cref="TemplateException">It does not render, or to too much.</exception>
    /// <exception cref="DriverException">The cluster does not say what the chart looks up there.</exception>
    public async Task<RenderedChart> RenderAsync(Chart chart, RenderRequest request, CancellationToken cancellationToken)
    {
        if (chart.IsLibrary)
        {
            throw new TemplateException("library charts are not installable");
        }

        using var late = new CancellationTokenSource(limits.Timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var token = both.Token;

        var lookups = request.Lookup is { } lookup ? new Lookups(lookup) : null;
        while (true)
        {
            try
            {
                var rendered = await BeginAsync(chart, request, lookups, token);
                if (lookups is null or { IsComplete: true })
                {
                    return rendered;
                }
            }
            catch (TemplateException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (TemplateException) when (lookups is { IsComplete: false } && !late.IsCancellationRequested)
            {
                // It may render once it is known what it looks up.
            }

            try
            {
                await lookups!.AnswerAsync(token);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DriverUnavailableException($"The cluster did not answer within {limits.Timeout.TotalSeconds:0} seconds what the chart looks up.", e);
            }
        }
    }

    // On a thread of its own: a render computes for seconds at worst, and templates that call one another go deep. An error that is caught and thrown anew on each level of its way out
    // takes as much stack again as has been used, and where there is none left the process ends; what is never touched costs no memory.
    private Task<RenderedChart> BeginAsync(Chart chart, RenderRequest request, Lookups? lookups, CancellationToken cancellationToken)
    {
        var render = new Task<RenderedChart>(() => Render(chart, request, lookups, cancellationToken), CancellationToken.None, TaskCreationOptions.DenyChildAttach);
        new Thread(() => render.RunSynchronously(TaskScheduler.Default), StackBytes) { IsBackground = true, Name = "Render" }.Start();
        return render;
    }

    private RenderedChart Render(Chart chart, RenderRequest request, Lookups? lookups, CancellationToken cancellationToken)
    {
        GoMap values;
        try
        {
            chart = ChartValues.Resolve(chart, request.Values);
            values = ChartValues.Coalesce(chart, request.Values);
        }
        catch (FormatException e)
        {
            throw new TemplateException(e.Message, e);
        }

        if (ValuesSchema.Check(chart, values) is { Count: > 0 } errors)
        {
            throw new TemplateException($"values don't meet the specifications of the schema: {string.Join("; ", errors)}");
        }

        if (chart.IsStatic)
        {
            return StaticRenderer.Render(chart, request.ReleaseName, values, limits);
        }

        var run = new RenderRun(limits, clock, cancellationToken)
        {
            Lookup = lookups is null ? null : (apiVersion, kind, space, name) => lookups.Find(new(apiVersion, kind, space, name)),
        };
        var shared = new GoMap
        {
            ["Release"] = new GoMap
            {
                ["Name"] = request.ReleaseName,
                ["Namespace"] = request.Namespace,
                ["Revision"] = (nint)request.Revision,
                ["IsInstall"] = !request.IsUpgrade,
                ["IsUpgrade"] = request.IsUpgrade,
                ["Service"] = "Helm",
            },
            ["Capabilities"] = request.Capabilities.ToStruct(),
        };
        var sources = new List<Source>();
        Collect(chart, chart.Name, values, shared, sources, isRoot: true);

        // Helm's order: the deepest first, so that a definition of the chart itself stays above one of a chart in it.
        sources.Sort(static (a, b) => b.Depth != a.Depth ? b.Depth.CompareTo(a.Depth) : GoText.Compare(b.Path, a.Path));
        var set = new TemplateSet();
        foreach (var source in sources)
        {
            run.ThrowIfLate();
            set.Add(source.Template.Parse(source.Path));
        }

        return Execute(chart, values, run, sources, set);
    }

    private RenderedChart Execute(Chart chart, GoMap values, RenderRun run, List<Source> sources, TemplateSet set)
    {
        var files = new List<RenderedFile>();
        var notes = "";
        var size = 0L;
        foreach (var source in sources.Where(static s => !s.Template.IsPartial))
        {
            source.Data["Template"] = new GoMap { ["Name"] = source.Path, ["BasePath"] = source.BasePath };
            var text = GoText.Clean(Executor.Execute(run, set, source.Path, source.Data)).Replace("<no value>", "", StringComparison.Ordinal);
            size += GoText.ByteCount(text);
            if (size > limits.MaxOutputBytes)
            {
                throw new TemplateException(
                    string.Create(CultureInfo.InvariantCulture, $"the chart renders to too much: more than {limits.MaxOutputBytes} bytes"), source.Path, 0, -1, null)
                { IsLimit = true };
            }

            if (source.Path.EndsWith("NOTES.txt", StringComparison.Ordinal))
            {
                notes = string.Equals(source.Path, $"{chart.Name}/templates/NOTES.txt", StringComparison.Ordinal) ? text : notes;
            }
            else if (!string.IsNullOrWhiteSpace(text))
            {
                files.Add(new(source.Path, text));
            }
        }

        files.Sort(static (a, b) => GoText.Compare(a.Path, b.Path));
        return new(files, [.. chart.CustomResources(chart.Name).Select(static c => new RenderedFile(c.Path, c.Text))], notes, values);
    }

    // The data of a chart and of the charts in it: each sees its own part of the values.
    private static GoMap Collect(Chart chart, string path, GoMap values, GoMap shared, List<Source> sources, bool isRoot = false)
    {
        var inner = new GoMap();
        var data = new GoMap(shared)
        {
            ["Chart"] = chart.ToStruct(isRoot),
            ["Files"] = ChartFiles.Of(chart.Files),
            ["Values"] = values,
            ["Subcharts"] = inner,
        };
        foreach (var child in chart.Charts)
        {
            // One and the same map: what a template sets in the values of a chart, the chart sees.
            inner[child.Name] = Collect(child, $"{path}/charts/{child.Name}", values.Table(child.Name) ?? [], shared, sources);
        }

        foreach (var template in chart.Templates.Where(t => t.IsPartial || !chart.IsLibrary))
        {
            sources.Add(new($"{path}/{template.Name}", $"{path}/templates", template, data));
        }

        return data;
    }

    private sealed record Source(string Path, string BasePath, ChartTemplate Template, GoMap Data)
    {
        public int Depth { get; } = Path.Count(static c => c == '/');
    }
}
