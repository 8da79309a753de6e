using System.Text.RegularExpressions;
using Xunit;

namespace Stagedoor.Clients.Tests.Pages;

/// <summary>Output as pages print it: the lines that matter, in their order; <c>…</c> stands for anything.</summary>
internal static class Printed
{
    internal static void ShouldHave(string where, IEnumerable<string> expected, string[] said)
    {
        var next = 0;
        foreach (var line in expected)
        {
            var pattern = new Regex($"^{Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking);
            next = Array.FindIndex(said, next, pattern.IsMatch) + 1;
            Assert.True(next > 0, $"{where} prints '{line}', and what came is:\n{string.Join('\n', said)}");
        }
    }
}
