using System.Collections.Concurrent;
using System.Globalization;

namespace Stagedoor.Clients.Tests.Pages;

/// <summary>Counts what was run of the pages, and says so at the end.</summary>
public sealed class DocTally : IDisposable
{
    private readonly ConcurrentDictionary<string, int> _run = new(StringComparer.Ordinal);

    internal void Add(DocPage page, int commands) => _run[page.Name] = commands;

    public void Dispose()
    {
        // A single page is somebody at work on it.
        if (_run.Count < 2)
        {
            return;
        }

        var marked = DocPage.Names.Select(DocPage.Read).SelectMany(static p => p.Blocks.Where(static b => b.Reason.Length > 0).Select(b => (p.Name, b))).ToList();
        var runnable = DocPage.Names.Select(DocPage.Read).Where(static p => p.IsRun).Select(static p => p.Name).ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"pages: {_run.Values.Sum()} commands in {_run.Count} pages run; {runnable.Except(_run.Keys, StringComparer.Ordinal).Count()} pages with commands were not, and {marked.Count} blocks say why they are not run:"));
        foreach (var (name, block) in marked)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"pages:   {name}:{block.Line} {block.Reason}"));
        }
    }
}
