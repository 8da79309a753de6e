using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace Stagedoor.Tracing.Model;

/// <summary>What is configured for services, by their names.</summary>
internal sealed class ServiceRuleSet
{
    private const string Others = "*";

    private readonly FrozenDictionary<string, ServiceRules> _rules;
    private readonly ServiceRules _others;

    public ServiceRuleSet(IOptions<TracingOptions> options)
    {
        _rules = options.Value.Services.ToFrozenDictionary(static s => s.Name, Read, StringComparer.Ordinal);
        _others = _rules.GetValueOrDefault(Others, ServiceRules.None);
    }

    /// <summary>What counts for a service.</summary>
    /// <param name="application">Its name in lower case.</param>
    public ServiceRules Of(string application) => _rules.GetValueOrDefault(application, _others);

    private static ServiceRules Read(ServiceOptions options) => new()
    {
        Transactions = [.. options.Transactions.Select(TransactionRule.Parse).OfType<TransactionRule>()],
        Ignored = options.IgnoredFailures.ToHashSet(StringComparer.Ordinal),
        BusinessCode = options.BusinessCode,
        AcceptedCodes = options.AcceptedCodes.ToHashSet(StringComparer.Ordinal),
    };
}
