using System.IO.Enumeration;
using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Ingest;

/// <summary>Takes out spans that nobody wants to see, such as those of probes, before anything else is done with them.</summary>
internal sealed class DropRules(IOptions<TracingOptions> options)
{
    private readonly DropRule[] _rules = [.. options.Value.Drop.Select(static rule => new DropRule(rule))];

    /// <summary>Takes out what one of the rules fits, and counts it in the batch.</summary>
    public void Apply(Sender sender, SpanBatch batch)
    {
        if (_rules.Length == 0)
        {
            return;
        }

        var ofResources = batch.Resources.ConvertAll(resource =>
        {
            var application = ServiceIdentity.Of(batch, resource, sender.Binding).Application;
            return Array.FindAll(_rules, rule => rule.IsFor(application));
        });
        batch.Filtered += batch.Spans.RemoveAll(span => Array.Exists(ofResources[batch.Scopes[span.Scope].Resource], rule => rule.Fits(batch, in span)));
    }

    private sealed class DropRule(DropRuleOptions options)
    {
        private readonly SegmentPattern? _path = options.Path.Length == 0 ? null : new(options.Path);
        private readonly TransactionRule? _transaction = TransactionRule.Parse(options.Transaction);

        public bool IsFor(string application) => options.Service is "*" || string.Equals(options.Service, application, StringComparison.Ordinal);

        public bool Fits(SpanBatch batch, in SpanData span)
        {
            if (options.Name.Length > 0 && !FileSystemName.MatchesSimpleExpression(options.Name, batch.TextOf(span.Name), ignoreCase: false))
            {
                return false;
            }

            if (_path is null && _transaction is null)
            {
                return true;
            }

            var known = new KnownAttributes(batch, span.Attributes, stackalloc short[KnownKeys.Count]);
            var path = SpanReader.PathOf(known) is { Length: > 0 } sent ? sent : HttpTransaction.TargetOf(batch.TextOf(span.Name)).ToString();
            return path.Length > 0
                && _path?.Fits(path) is not false
                && (_transaction is null || _transaction.Name(new HttpTransaction { Method = known.First(KnownKey.HttpRequestMethod, KnownKey.HttpMethod) }.Verb, path) is not null);
        }
    }
}
