using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>DELETE …/admin/alarms</c></summary>
internal static class ClearAlarms
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/alarms", Handle)
        .WithName(nameof(ClearAlarms))
        .WithSummary("Clear the alarms")
        .AnswersEmpty(200, "They are cleared.")
        .Action("cse:alarm:delete");

    private static EmptyAnswer Handle(Tenant _, Alarms alarms)
    {
        alarms.Clear();
        return EmptyAnswer.Value;
    }
}
