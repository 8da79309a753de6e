using System.Reflection;
using Xunit.v3;

namespace Stagedoor.Testing;

/// <summary>
/// The test provokes this code over HTTP. It fails when the code was not seen in a response while it ran; what was seen goes into the ledger.
/// </summary>
/// <param name="code">The full code, for example <c>SVCSTG.SWR.4090060</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ProvokesAttribute(string code) : BeforeAfterTestAttribute
{
    public string Code { get; } = code;

    /// <summary>The HTTP status, for a code that is answered with several; 0 for any.</summary>
    public int Status { get; set; }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        ArgumentNullException.ThrowIfNull(methodUnderTest);
        ArgumentNullException.ThrowIfNull(test);
        var seen = Observations.Of(test.UniqueID).Where(e => e.Code == Code && (Status == 0 || e.Status == Status)).ToList();
        if (seen.Count == 0)
        {
            throw new InvalidOperationException(
                $"The test says that it provokes {Code}{(Status == 0 ? "" : $" with status {Status}")}, but no response carried it.");
        }

        Ledger.Append(methodUnderTest, seen.Distinct());
    }
}
