using System.Text.RegularExpressions;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Rules;

/// <summary>A rule of a provider, ready to be matched.</summary>
internal sealed class CompiledRule
{
    private const string TagPrefix = "tag_";
    private readonly Regex _pattern;

    /// <exception cref="ArgumentException">The pattern is no regular expression that can be matched without backtracking.</exception>
    public CompiledRule(Rule body, long revision)
    {
        (Body, Revision) = (body, revision);
        _pattern = Compile(body.Pattern ?? "");
    }

    public Rule Body { get; }

    public long Revision { get; }

    public bool IsWhite => string.Equals(Body.RuleType, "WHITE", StringComparison.Ordinal);

    /// <summary>The pattern as the original service would take it: anywhere in the text, in time linear to it.</summary>
    /// <exception cref="ArgumentException">The pattern is no regular expression that can be matched without backtracking.</exception>
    public static Regex Compile(string pattern)
    {
        try
        {
            return new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException("Only backtracking could match it, or it is too large.", nameof(pattern), e);
        }
    }

    /// <summary>Whether the consumer's attribute matches.</summary>
    public bool Matches(ServiceNode consumer)
    {
        var attribute = Body.Attribute ?? "";
        if (attribute.StartsWith(TagPrefix, StringComparison.Ordinal))
        {
            return consumer.Tags.TryGetValue(attribute[TagPrefix.Length..], out var tag) && _pattern.IsMatch(tag);
        }

        var body = consumer.Body;
        return _pattern.IsMatch(attribute switch
        {
            "ServiceId" => consumer.Id,
            "AppId" => body.AppId,
            "ServiceName" => body.ServiceName,
            "Version" => body.Version,
            "Description" => body.Description,
            "Level" => body.Level,
            "Status" => body.Status,
            _ => null,
        } ?? "");
    }
}
