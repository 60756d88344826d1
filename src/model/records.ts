/** The records, as their lexicons define them. Types only: the validators stay with the drivers. */
import type { commune, farm } from '../lexicons/index.ts'

export type WorkloadRecord = commune.scheduler.workload.Main
export type SetRecord = commune.scheduler.set.Main
export type MeshletRecord = commune.scheduler.meshlet.Main
export type MeshletOwnerRecord = commune.scheduler.meshletOwner.Main
export type ClusterRecord = commune.scheduler.cluster.Main
export type MeshletStatusRecord = commune.scheduler.meshletStatus.Main
export type BidRecord = commune.scheduler.bid.Main
export type WorkloadStatusRecord = commune.scheduler.workloadStatus.Main
export type ClusterPolicyRecord = commune.scheduler.clusterPolicy.Main
export type ProposalRecord = commune.scheduler.proposal.Main
export type VoteRecord = commune.scheduler.vote.Main
export type DecisionRecord = commune.scheduler.decision.Main
export type DisputeRecord = commune.scheduler.dispute.Main
export type AnswerRecord = commune.scheduler.answer.Main
export type SuspicionRecord = commune.scheduler.suspicion.Main
export type UsageRecord = commune.scheduler.usage.Main
export type AcknowledgementRecord = commune.scheduler.acknowledgement.Main
export type SecretRecord = commune.scheduler.secret.Main
export type SponsorRecord = commune.scheduler.sponsor.Main

export type Resources = commune.scheduler.defs.Resources
export type ReplicaStatus = commune.scheduler.defs.ReplicaStatus
export type Endpoint = commune.scheduler.defs.Endpoint
export type Healthcheck = commune.scheduler.defs.Healthcheck
export type ContainerSpec = commune.scheduler.defs.ContainerSpec
export type ScorePart = commune.scheduler.defs.ScorePart
export type Source = commune.scheduler.defs.Source
export type RolloutRecord = commune.scheduler.defs.Rollout
export type Revision = commune.scheduler.defs.Revision

export type CapacityView = farm.meshlet.defs.CapacityView
export type WorkloadView = farm.meshlet.defs.WorkloadView
export type LogLine = farm.meshlet.defs.LogLine
export type Hint = farm.meshlet.defs.Hint
export type Lease = farm.meshlet.defs.Lease
export type Grant = farm.meshlet.defs.Grant
export type Heard = farm.meshlet.defs.Heard

/** `did:method:…` */
export type Did = `did:${string}:${string}`
/** `at://did/collection/rkey` */
export type AtUri = NonNullable<Hint['uri']>
/** Content identifier in its string form. */
export type Cid = string
