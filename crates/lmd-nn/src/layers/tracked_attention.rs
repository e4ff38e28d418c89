//! Attention whose backward pass recomputes the scores, some rows at a time, instead of keeping them: for GPUs, and for
//! precisions other than f32.
//!
//! With `P = softmax(q kᵀ s)`, `o = P v` and the gradient `g` of `o`:
//! `dv = Pᵀ g`, `D = P ∘ (g vᵀ − rowsum(g ∘ o))`, `dq = s D k`, `dk = s Dᵀ q`.
//! The graph keeps q, k, v and o; at 64×64 tokens and 8 heads that is 21 MB
//! where each score matrix alone has 537 MB (FlashAttention, arXiv:2205.14135,
//! recomputes for the same reason).

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
#[cfg(any(feature = "flex", feature = "vulkan", feature = "cuda", feature = "metal", feature = "rocm"))]
use burn::backend::ops::ModuleOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, TensorMetadata, backend_extension};
#[cfg(any(feature = "flex", feature = "vulkan", feature = "cuda", feature = "metal", feature = "rocm"))]
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Slice, Tensor};

/// Scores that the backward pass computes at once; bounds its memory to 16 MB in f32.
const SCORES_AT_ONCE: usize = 1 << 22;

/// Burn's backends, with attention that keeps no scores for its backward pass.
#[backend_extension(
    Autodiff,
    Flex: cfg(feature = "flex"),
    Cube: cfg(any(feature = "vulkan", feature = "cuda", feature = "metal", feature = "rocm"))
)]
pub(crate) trait TrackedAttention: Backend {
    /// `softmax(q kᵀ / √d) v` for `q [B, H, N, d]`, `k, v [B, H, T, d]`.
    fn tracked_attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

#[cfg(feature = "flex")]
impl TrackedAttention for burn::backend::Flex {
    fn tracked_attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::attention(q, k, v, None, None, AttentionModuleOptions::default())
    }
}

#[cfg(any(feature = "vulkan", feature = "cuda", feature = "metal", feature = "rocm"))]
impl TrackedAttention for burn::backend::Cube {
    fn tracked_attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::attention(q, k, v, None, None, AttentionModuleOptions::default())
    }
}

impl<B: TrackedAttention, C: CheckpointStrategy> TrackedAttention for Autodiff<B, C> {
    fn tracked_attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [q.node(), k.node(), v.node()];
        let (q, k, v) = (q.into_primitive(), k.into_primitive(), v.into_primitive());
        match AttentionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = B::tracked_attention(q.clone(), k.clone(), v.clone());
                let kept = Kept { q, k, v, output: output.clone() };
                prep.finish(kept, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::tracked_attention(q, k, v)),
        }
    }
}

/// `softmax(q kᵀ / √d) v` with gradients to all three.
pub(super) fn tracked_attention(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    let (q, k, v) = (q.into_dispatch(), k.into_dispatch(), v.into_dispatch());
    Tensor::from_dispatch(<Dispatch as TrackedAttention>::tracked_attention(q, k, v))
}

#[derive(Debug)]
struct AttentionBackward;

/// What the backward pass needs.
#[derive(Clone, Debug)]
struct Kept<T> {
    q: T,
    k: T,
    v: T,
    output: T,
}

impl<B: Backend> Backward<B, 3> for AttentionBackward {
    type State = Kept<FloatTensor<B>>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node_q, node_k, node_v] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        // Keys and values of the text are constants; nothing is computed for them.
        let wanted = [node_k.is_some(), node_v.is_some()];
        let [dq, dk, dv] = gradients::<B>(&ops.state, &grad, wanted);
        for (node, grad) in [(node_q, dq), (node_k, dk), (node_v, dv)] {
            if let (Some(node), Some(grad)) = (node, grad) {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

/// Gradients of q, k and v, the latter two where wanted.
fn gradients<B: Backend>(
    kept: &Kept<FloatTensor<B>>,
    grad: &FloatTensor<B>,
    [wants_k, wants_v]: [bool; 2],
) -> [Option<FloatTensor<B>>; 3] {
    let [batch, heads, rows, width] = kept.q.shape().dims::<4>();
    let columns = kept.k.shape().dims::<4>()[2];
    let step = (SCORES_AT_ONCE / (batch * heads * columns).max(1)).clamp(1, rows.max(1));
    #[allow(clippy::cast_precision_loss)]
    let scale = 1.0 / (width as f64).sqrt();
    let (mut dq, mut dk, mut dv) = (Vec::new(), None, None);
    for start in (0..rows).step_by(step) {
        let some = |x: &FloatTensor<B>| take_rows::<B>(x, start, step.min(rows - start));
        let (q, o, g) = (some(&kept.q), some(&kept.output), some(grad));
        let scores = B::float_matmul(q.clone(), B::float_transpose(kept.k.clone()));
        let p = B::softmax(B::float_mul_scalar(scores, scale.into()), 3);
        if wants_v {
            dv = Some(add::<B>(dv, B::float_matmul(B::float_transpose(p.clone()), g.clone())));
        }
        let delta = B::float_sum_dim(B::float_mul(g.clone(), o), 3);
        let dp = B::float_matmul(g, B::float_transpose(kept.v.clone()));
        let d = B::float_mul(p, B::float_sub(dp, delta));
        let d = B::float_mul_scalar(d, scale.into());
        if wants_k {
            dk = Some(add::<B>(dk, B::float_matmul(B::float_transpose(d.clone()), q)));
        }
        dq.push(B::float_matmul(d, kept.k.clone()));
    }
    [Some(B::float_cat(dq, 2)), dk, dv]
}

fn take_rows<B: Backend>(x: &FloatTensor<B>, start: usize, length: usize) -> FloatTensor<B> {
    let rows = Slice::from(start..start + length);
    B::float_slice(x.clone(), &[Slice::full(), Slice::full(), rows, Slice::full()])
}

fn add<B: Backend>(sum: Option<FloatTensor<B>>, more: FloatTensor<B>) -> FloatTensor<B> {
    match sum {
        Some(sum) => B::float_add(sum, more),
        None => more,
    }
}
