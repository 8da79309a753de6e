using System.Text;
using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Tempo;

/// <summary>How Tempo's refusals are written: as a line of text.</summary>
internal static class TempoAnswer
{
    /// <summary>A refusal.</summary>
    public static IResult Refuse(int status, string message) => new PackedBody(Encoding.UTF8.GetBytes(Text.Repair(message)), "text/plain; charset=utf-8", status);
}
